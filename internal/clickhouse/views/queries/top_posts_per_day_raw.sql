SELECT toStartOfDay(event_time) AS day, post_id, count() AS views
FROM post_events
WHERE event_type = 'post_view' AND event_time >= toStartOfDay(now('UTC') - INTERVAL 6 DAY)
GROUP BY day, post_id
ORDER BY day, views DESC, post_id
LIMIT 10 BY day
