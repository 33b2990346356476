SELECT count() AS n
FROM {table}
WHERE kafka_topic_id = @topic_id AND kafka_partition = @partition AND kafka_offset BETWEEN @first AND @last
  AND _partition_id = @part
