-- The token is a setting of the insert.
SELECT count() AS n
FROM system.processes
WHERE Settings['insert_deduplication_token'] = @token
