-- Rows that name no insert. Those of a sink that knew of no inserts name a range of offsets and when their event was
-- appended, and lie before the chain of their Kafka partition, or are of a topic that has no chain at all; nobody knows who
-- wrote the others.
WITH begins AS (
    SELECT kafka_topic_id, kafka_partition, min(batch_first) AS begin
    FROM post_events
    WHERE batch_rows > 0
    GROUP BY kafka_topic_id, kafka_partition
)
SELECT
    kafka_topic_id,
    kafka_partition,
    toUInt8(
        kafka_offset BETWEEN batch_first AND batch_last AND toUnixTimestamp64Milli(root_time) > 0
        AND if(kafka_topic_id IN (SELECT kafka_topic_id FROM begins), batch_last < begin, kafka_topic_id != '')
    ) AS older,
    toInt64(count()) AS found,
    min(kafka_offset) AS lowest,
    max(kafka_offset) AS highest,
    min(event_time) AS earliest,
    max(event_time) AS latest,
    max(root_time) AS newest
FROM (SELECT kafka_topic_id, kafka_partition, kafka_offset, batch_first, batch_last, event_time, root_time FROM post_events WHERE batch_rows = 0) AS rows
LEFT JOIN begins USING (kafka_topic_id, kafka_partition)
GROUP BY kafka_topic_id, kafka_partition, older
ORDER BY kafka_topic_id, kafka_partition, older
