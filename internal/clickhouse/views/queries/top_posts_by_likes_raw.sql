SELECT post_id, count() AS likes
FROM post_events
WHERE event_type = 'post_like' AND event_time >= toStartOfMinute(now('UTC') - INTERVAL 24 HOUR) AND event_time <= now('UTC')
GROUP BY post_id
ORDER BY likes DESC, post_id
LIMIT 20
