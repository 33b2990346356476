SELECT user_id
FROM post_events
WHERE event_time >= fromUnixTimestamp64Milli(@from_ms, 'UTC')
GROUP BY user_id
ORDER BY count() DESC, user_id
LIMIT @limit
