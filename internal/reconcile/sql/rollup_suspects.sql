-- Hours or minutes of which a roll-up and all rows that are there have not the same checksum over posts and counts.
SELECT toInt64(toUnixTimestamp(bucket)) AS begin, toInt64(count() OVER ()) AS suspects
FROM (
    SELECT
        {bucket} AS bucket,
        sum(cityHash64(post_id) * (
            views * intHash64(1) + impressions * intHash64(2) + likes * intHash64(3) + comments * intHash64(4) + shares * intHash64(5)
            + toUInt64(dwell_ms) * intHash64(0)
        )) AS checksum,
        false AS of_rows
    FROM {target}
    WHERE bucket >= fromUnixTimestamp(@since)
    GROUP BY bucket
    UNION ALL
    SELECT
        {start}(event_time) AS bucket,
        sum(cityHash64(post_id) * (intHash64(toUInt8(event_type)) + toUInt64(dwell_ms) * intHash64(0))),
        true
    FROM post_events
    WHERE event_time >= fromUnixTimestamp(@since)
    GROUP BY bucket
)
GROUP BY bucket
HAVING sumIf(checksum, of_rows) != sumIf(checksum, NOT of_rows)
ORDER BY begin
LIMIT @limit
