SELECT name
FROM system.tables
WHERE database = currentDatabase() AND has(@names, name)
