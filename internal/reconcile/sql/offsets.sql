-- The rows of a stretch of one Kafka partition, by offset, without those that name no insert.
SELECT kafka_offset, toInt64(count()) AS found
FROM post_events
WHERE kafka_topic_id = @topic_id AND kafka_partition = @partition AND kafka_offset BETWEEN @first AND @last AND batch_rows > 0
GROUP BY kafka_offset
