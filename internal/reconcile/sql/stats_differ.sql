-- Where the statistics of the last 24 hours, made at the time given, do not say what their minutes say: least are the
-- minutes in parts that were written before (merged ones count as later), most all minutes of these 24 hours.
SELECT
    toInt64(0) AS begin,
    post_id,
    sumForEach(arrayMap(n -> n * (of = 'settled'), counts)) AS least,
    sumForEach(arrayMap(n -> n * (of = 'view'), counts)) AS says,
    sumForEach(arrayMap(n -> n * (of != 'view'), counts)) AS most,
    arraySum(arrayMap((l, s, m) -> greatest(l - s, s - m, 0), least, says, most)) AS off,
    toInt64(count() OVER ()) AS places,
    sum(off) OVER () AS total
FROM (
    SELECT
        post_id,
        'view' AS of,
        [toInt64(sum(views)), toInt64(sum(likes)), toInt64(sum(comments)), toInt64(sum(shares)), toInt64(sum(impressions)), sum(s.dwell_ms)] AS counts
    FROM post_stats_24h AS s
    GROUP BY post_id
    UNION ALL
    SELECT
        post_id,
        if(_part IN (
            SELECT name
            FROM system.parts
            WHERE database = currentDatabase() AND table = 'post_engagement_minutely' AND toUnixTimestamp(modification_time) <= @refreshed - @margin
        ), 'settled', 'open') AS of,
        [toInt64(sum(views)), toInt64(sum(likes)), toInt64(sum(comments)), toInt64(sum(shares)), toInt64(sum(impressions)), sum(m.dwell_ms)]
    FROM post_engagement_minutely AS m
    WHERE minute >= toStartOfMinute(fromUnixTimestamp(@refreshed) - INTERVAL 24 HOUR) AND minute <= fromUnixTimestamp(@refreshed)
    GROUP BY post_id, of
)
GROUP BY post_id
HAVING off > 0
ORDER BY post_id
LIMIT @limit
