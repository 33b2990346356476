SELECT create_table_query
FROM system.tables
WHERE database = @database AND name = @table
