-- Where a roll-up does not say what the rows say, by post, in some hours or minutes: least are the rows that are committed,
-- most all rows. Committed are, of the current topic, the ranges that end before the committed offset of their partition;
-- these are listed by partition. The counts are views, likes, comments, shares, impressions, dwell_ms.
WITH @begins AS begins
SELECT
    begin,
    post_id,
    sumForEach(arrayMap(n -> n * (of = 'settled'), counts)) AS least,
    sumForEach(arrayMap(n -> n * (of = 'view'), counts)) AS says,
    sumForEach(arrayMap(n -> n * (of != 'view'), counts)) AS most,
    arraySum(arrayMap((l, s, m) -> greatest(l - s, s - m, 0), least, says, most)) AS off,
    toInt64(count() OVER ()) AS places,
    sum(off) OVER () AS total
FROM (
    SELECT
        toInt64(toUnixTimestamp({bucket})) AS begin,
        post_id,
        'view' AS of,
        [toInt64(sum(views)), toInt64(sum(likes)), toInt64(sum(comments)), toInt64(sum(shares)), toInt64(sum(impressions)), sum(v.dwell_ms)] AS counts
    FROM {target} AS v
    WHERE {bucket} >= fromUnixTimestamp(@since) AND begin IN begins
    GROUP BY begin, post_id
    UNION ALL
    SELECT
        toInt64(toUnixTimestamp({start}(event_time))) AS begin,
        post_id,
        if(kafka_topic_id != @topic_id OR batch_last < arrayElement(@committed, greatest(kafka_partition, 0) + 1), 'settled', 'open') AS of,
        [
            toInt64(countIf(event_type = 'post_view')), toInt64(countIf(event_type = 'post_like')), toInt64(countIf(event_type = 'post_comment')),
            toInt64(countIf(event_type = 'post_share')), toInt64(countIf(event_type = 'post_impression')), sum(dwell_ms)
        ]
    FROM post_events
    WHERE event_time >= fromUnixTimestamp(@since) AND begin IN begins
    GROUP BY begin, post_id, of
)
GROUP BY begin, post_id
HAVING off > 0
ORDER BY begin, post_id
LIMIT @limit
