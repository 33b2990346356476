SELECT post_id, count() AS views
FROM post_events
WHERE event_type = 'post_view' AND event_time >= toStartOfMinute(now('UTC') - INTERVAL 1 HOUR)
GROUP BY post_id
ORDER BY views DESC, post_id
LIMIT 20
