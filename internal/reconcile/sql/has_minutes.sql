-- Whether anything happened from a time on.
SELECT toInt64(count()) AS found
FROM (
    SELECT 1
    FROM post_engagement_minutely
    WHERE minute >= fromUnixTimestamp64Milli(@since)
    LIMIT 1
)
