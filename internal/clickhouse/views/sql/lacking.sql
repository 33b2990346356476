-- By how much a roll-up differs from the rows of ranges that are committed, in some hours or minutes, by post, and how many
-- rows there are beyond these (open), which the roll-up may have counted or not; it is left out where it counted them all.
-- Where none is open, what the roll-up has too much is left out, too.
-- Committed are, of the current topic, the ranges that end before the committed offset of their partition.
SELECT
    toInt64(toUnixTimestamp(bucket)) AS bucket,
    post_id,
    sum(v) AS views, sum(l) AS likes, sum(c) AS comments, sum(s) AS shares, sum(i) AS impressions, sum(d) AS dwell_ms,
    sum(o) AS open
FROM (
    SELECT
        {start}(event_time)                                           AS bucket,
        post_id,
        kafka_topic_id != @topic_id OR batch_last < arrayElement(@committed, kafka_partition + 1) AS settled,
        toInt64(countIf(settled AND event_type = 'post_view'))          AS v,
        toInt64(countIf(settled AND event_type = 'post_like'))          AS l,
        toInt64(countIf(settled AND event_type = 'post_comment'))       AS c,
        toInt64(countIf(settled AND event_type = 'post_share'))         AS s,
        toInt64(countIf(settled AND event_type = 'post_impression'))    AS i,
        sumIf(dwell_ms, settled)                                      AS d,
        toInt64(countIf(NOT settled))                                   AS o
    FROM post_events
    WHERE event_time >= fromUnixTimestamp(@first) AND event_time < fromUnixTimestamp(@end)
      AND has(@buckets, toInt64(toUnixTimestamp({start}(event_time))))
    GROUP BY bucket, post_id, settled
    UNION ALL
    SELECT
        {bucket} AS bucket, post_id, true,
        -toInt64(sum(views)), -toInt64(sum(likes)), -toInt64(sum(comments)), -toInt64(sum(shares)), -toInt64(sum(impressions)),
        -sum(dwell_ms), 0
    FROM {target}
    WHERE has(@buckets, toInt64(toUnixTimestamp({bucket})))
    GROUP BY bucket, post_id
)
GROUP BY bucket, post_id
HAVING open != 0 AND views + likes + comments + shares + impressions + open != 0
    OR open = 0 AND greatest(views, likes, comments, shares, impressions, dwell_ms) > 0
ORDER BY bucket, post_id
LIMIT @limit
