SELECT count()
FROM system.processes
WHERE query_kind = 'Insert' AND query ILIKE '%post_events%' AND (current_database = @database OR query ILIKE concat('%', @database, '.post_events%'))
