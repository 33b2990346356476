SELECT count() AS n
FROM post_events
WHERE kafka_topic_id = @topic_id AND kafka_partition = @partition AND kafka_offset BETWEEN @first AND @last
  AND toYYYYMM(event_time) = toUInt32(@part)
