-- Rows per partition of topic `events` and stretch of its offsets, up to the cut. Stretch n begins with the nth bound of
-- the partition; 0 is what lies before the first. The lists are by partition.
SELECT
    root_partition,
    toInt32(arrayCount(bound -> bound <= root_offset, arrayElement(@bounds, greatest(root_partition, 0) + 1))) AS slot,
    toInt64(count()) AS found,
    toInt64(uniqExactIf(root_offset, slot > 0)) AS distinct_events
FROM post_events
WHERE batch_rows > 0
    AND root_partition >= 0
    AND root_offset < arrayElement(@cuts, greatest(root_partition, 0) + 1)
    AND toUnixTimestamp64Milli(root_time) >= arrayElement(@floors, greatest(root_partition, 0) + 1)
GROUP BY root_partition, slot
