-- What the minutes say now of some posts in the 24 hours before the time given.
SELECT
    toInt64(0) AS begin,
    post_id,
    [toInt64(sum(views)), toInt64(sum(likes)), toInt64(sum(comments)), toInt64(sum(shares)), toInt64(sum(impressions)), sum(m.dwell_ms)] AS most
FROM post_engagement_minutely AS m
WHERE minute >= toStartOfMinute(fromUnixTimestamp(@refreshed) - INTERVAL 24 HOUR) AND minute <= fromUnixTimestamp(@refreshed) AND has(@posts, post_id)
GROUP BY post_id
