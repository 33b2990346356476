SELECT
    toInt64(toUnixTimestamp(hour)) * 1000 AS hour_ms,
    toInt64(sum(views)) AS views,
    toInt64(sum(likes)) AS likes,
    toInt64(sum(comments)) AS comments,
    toInt64(sum(shares)) AS shares
FROM post_engagement_hourly
WHERE post_id = @post_id AND hour >= fromUnixTimestamp64Milli(@from_ms)
GROUP BY hour
ORDER BY hour
