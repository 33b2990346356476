-- Where to begin with each chain of inserts: the first one with an event appended since then, and what came before it.
-- Rows before the first insert of the chain that name a range of offsets and when their event was appended are of a sink
-- that knew of no inserts; other rows without an insert count for nothing.
WITH
    batch_rows = 0 AND batch_last < first AND kafka_offset BETWEEN batch_first AND batch_last AND toUnixTimestamp64Milli(root_time) > 0 AS older,
    begins AS (
        SELECT
            kafka_topic_id,
            kafka_partition,
            min(batch_first) AS first,
            minIf(batch_first, root_time >= fromUnixTimestamp64Milli(@since)) AS recent,
            if(countIf(root_time >= fromUnixTimestamp64Milli(@since)) = 0, 9223372036854775807, recent) AS begin
        FROM post_events
        WHERE batch_rows > 0
        GROUP BY kafka_topic_id, kafka_partition
    )
SELECT
    kafka_topic_id,
    kafka_partition,
    begin,
    toInt64(greatest(
        maxIf(batch_before + batch_rows, batch_rows > 0 AND batch_first < begin),
        countIf(older)
    )) AS start,
    if(countIf((batch_rows > 0 OR older) AND batch_first < begin) = 0, -1, maxIf(batch_last, (batch_rows > 0 OR older) AND batch_first < begin)) AS last
FROM post_events
INNER JOIN begins USING (kafka_topic_id, kafka_partition)
GROUP BY kafka_topic_id, kafka_partition, begin, first
ORDER BY kafka_topic_id, kafka_partition
