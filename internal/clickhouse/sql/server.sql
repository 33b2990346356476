-- These ids are drawn anew at each start of a server: of a table that exists in memory only where the system database is
-- Atomic, of databases in memory.
SELECT cityHash64(groupArray(id)) AS n
FROM (
    SELECT id
    FROM (
        SELECT uuid AS id FROM system.tables WHERE database = 'system' AND name = 'one'
        UNION ALL
        SELECT uuid AS id FROM system.databases WHERE name IN ('system', 'INFORMATION_SCHEMA')
    )
    ORDER BY id
)
