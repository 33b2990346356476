-- The hours or minutes of which a roll-up does not say what the rows say, the newest first, from before a time on.
SELECT toInt64(toUnixTimestamp(bucket)) AS bucket
FROM (
    SELECT
        {start}(event_time)                            AS bucket,
        toInt64(countIf(event_type = 'post_view'))       AS v,
        toInt64(countIf(event_type = 'post_like'))       AS l,
        toInt64(countIf(event_type = 'post_comment'))    AS c,
        toInt64(countIf(event_type = 'post_share'))      AS s,
        toInt64(countIf(event_type = 'post_impression')) AS i,
        sum(dwell_ms)                                  AS d
    FROM post_events
    WHERE event_time >= fromUnixTimestamp(@since) AND event_time < fromUnixTimestamp(@before)
    GROUP BY bucket
    UNION ALL
    SELECT
        {bucket} AS bucket,
        -toInt64(sum(views)), -toInt64(sum(likes)), -toInt64(sum(comments)), -toInt64(sum(shares)), -toInt64(sum(impressions)),
        -sum(dwell_ms)
    FROM {target}
    WHERE {bucket} >= fromUnixTimestamp(@since) AND {bucket} < fromUnixTimestamp(@before)
    GROUP BY bucket
)
GROUP BY bucket
HAVING sum(v) != 0 OR sum(l) != 0 OR sum(c) != 0 OR sum(s) != 0 OR sum(i) != 0 OR sum(d) != 0
ORDER BY bucket DESC
LIMIT @limit
