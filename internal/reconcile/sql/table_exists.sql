SELECT toInt64(count()) AS found
FROM system.tables
WHERE database = currentDatabase() AND name = @table
