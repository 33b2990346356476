-- Events of each type in each hour of the last 7 days, over all posts.
SELECT
    hour, sum(h.views) AS views, sum(h.likes) AS likes, sum(h.comments) AS comments, sum(h.shares) AS shares,
    sum(h.impressions) AS impressions
FROM post_engagement_hourly AS h
WHERE hour >= toStartOfHour(now('UTC') - INTERVAL 7 DAY)
GROUP BY hour
ORDER BY hour
