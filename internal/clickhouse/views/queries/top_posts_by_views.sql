-- The 20 posts with the most views of the last hour, exact to the minute.
SELECT post_id, sum(m.views) AS views
FROM post_engagement_minutely AS m
WHERE minute >= toStartOfMinute(now('UTC') - INTERVAL 1 HOUR)
GROUP BY post_id
HAVING views > 0
ORDER BY views DESC, post_id
LIMIT 20
