SELECT
    t.name                                  AS name,
    t.engine                                AS engine,
    t.create_table_query                    AS definition,
    toUnixTimestamp(t.metadata_modification_time) AS created,
    p.rows                                  AS rows,
    toUnixTimestamp(p.newest)               AS newest,
    toUnixTimestamp(p.written)              AS written,
    toUnixTimestamp(ifNull(r.last_success_time, toDateTime(0))) AS refreshed,
    ifNull(r.last_success_duration_ms, 0)   AS took_ms,
    ifNull(r.exception, '')                 AS exception,
    toUnixTimestamp64Milli(now64(3))        AS now_ms
FROM system.tables AS t
LEFT JOIN (
    SELECT table, sum(rows) AS rows, max(max_time) AS newest, max(modification_time) AS written
    FROM system.parts
    WHERE database = currentDatabase() AND active
    GROUP BY table
) AS p ON p.table = t.name
LEFT JOIN (
    SELECT view, last_success_time, last_success_duration_ms, exception
    FROM system.view_refreshes
    WHERE database = currentDatabase()
) AS r ON r.view = t.name
WHERE t.database = currentDatabase()
