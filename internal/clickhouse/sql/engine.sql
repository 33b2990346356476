SELECT engine_full
FROM system.tables
WHERE database = @database AND name = @table
