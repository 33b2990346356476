SELECT count() AS n
FROM (
    SELECT 1
    FROM {table}
    WHERE kafka_topic_id = @topic_id AND kafka_partition = @partition
    LIMIT 1
)
