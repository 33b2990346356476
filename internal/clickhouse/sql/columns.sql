SELECT name
FROM system.columns
WHERE database = currentDatabase() AND table = @table
ORDER BY position
