SELECT
    toStartOfHour(event_time)               AS hour,
    post_id,
    countIf(event_type = 'post_view')       AS views,
    countIf(event_type = 'post_like')       AS likes,
    countIf(event_type = 'post_comment')    AS comments,
    countIf(event_type = 'post_share')      AS shares,
    countIf(event_type = 'post_impression') AS impressions
FROM post_events
WHERE event_time >= toStartOfHour(now('UTC') - INTERVAL 24 HOUR)
GROUP BY hour, post_id
