-- The inserts of one Kafka partition in the order of their places in its chain.
SELECT
    batch_first,
    batch_last,
    toInt64(batch_before) AS before,
    toInt64(batch_rows) AS rows,
    toInt64(count()) AS found,
    toInt64(uniqExact(kafka_offset)) AS distinct_offsets,
    min(kafka_offset) AS lowest,
    max(kafka_offset) AS highest,
    min(root_time) AS oldest,
    max(root_time) AS newest
FROM post_events
WHERE kafka_topic_id = @topic_id AND kafka_partition = @partition AND batch_first >= @begin AND batch_rows > 0
GROUP BY batch_first, batch_last, batch_before, batch_rows
ORDER BY before, batch_first, batch_last
