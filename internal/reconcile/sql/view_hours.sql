-- Sums per hour of the view.
SELECT
    hour,
    toInt64(sum(v.views)) AS views,
    toInt64(sum(v.likes)) AS likes,
    toInt64(sum(v.comments)) AS comments,
    toInt64(sum(v.shares)) AS shares
FROM post_engagement_hourly AS v
WHERE hour >= fromUnixTimestamp64Milli(@since)
GROUP BY hour
