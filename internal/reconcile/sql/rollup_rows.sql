-- What the rows say now of some posts in some hours or minutes.
SELECT
    toInt64(toUnixTimestamp({start}(event_time))) AS begin,
    post_id,
    [
        toInt64(countIf(event_type = 'post_view')), toInt64(countIf(event_type = 'post_like')), toInt64(countIf(event_type = 'post_comment')),
        toInt64(countIf(event_type = 'post_share')), toInt64(countIf(event_type = 'post_impression')), sum(dwell_ms)
    ] AS most
FROM post_events
WHERE event_time >= fromUnixTimestamp(@since) AND has(@posts, post_id) AND has(@begins, begin)
GROUP BY begin, post_id
