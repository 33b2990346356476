-- The 10 posts with the most views of each of the last 7 days, today included.
SELECT toStartOfDay(hour) AS day, post_id, sum(h.views) AS views
FROM post_engagement_hourly AS h
WHERE hour >= toStartOfDay(now('UTC') - INTERVAL 6 DAY)
GROUP BY day, post_id
HAVING views > 0
ORDER BY day, views DESC, post_id
LIMIT 10 BY day
