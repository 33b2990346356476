-- The 20 posts with the most likes of the last 24 hours.
SELECT post_id, likes
FROM post_stats_24h
WHERE likes > 0
ORDER BY likes DESC, post_id
LIMIT 20
