-- Mirrors without a row have no age.
SELECT
    view_name AS name,
    false     AS mirror,
    toFloat64(staleness_seconds) + greatest(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(checked_at), 0) / 1000 AS age,
    error
FROM materialized_view_metadata
UNION ALL
SELECT
    name,
    true AS mirror,
    greatest(toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(newest), 0) / 1000 AS age,
    '' AS error
FROM (
    SELECT 'posts' AS name, max(cdc_committed_at) AS newest, count() AS n FROM posts
    UNION ALL SELECT 'users', max(cdc_committed_at), count() FROM users
    UNION ALL SELECT 'comments', max(cdc_committed_at), count() FROM comments
    UNION ALL SELECT 'likes', max(cdc_committed_at), count() FROM likes
    UNION ALL SELECT 'user_relationships', max(cdc_committed_at), count() FROM user_relationships
)
WHERE n > 0
