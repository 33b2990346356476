-- Counts per hour of event time, of all rows and of those committed by the sink: of the current topic, those of ranges
-- that end before the committed offset of their partition, which are listed by partition.
SELECT
    toStartOfHour(event_time) AS hour,
    toUInt8(kafka_topic_id != @topic_id OR batch_last < arrayElement(@committed, kafka_partition + 1)) AS settled,
    toInt64(countIf(event_type = 'post_view')) AS views,
    toInt64(countIf(event_type = 'post_like')) AS likes,
    toInt64(countIf(event_type = 'post_comment')) AS comments,
    toInt64(countIf(event_type = 'post_share')) AS shares
FROM post_events
WHERE event_time >= fromUnixTimestamp64Milli(@since)
GROUP BY hour, settled
