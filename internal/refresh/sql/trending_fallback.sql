-- The posts on top of some hours, without those that readers do not see: see package visibility.
WITH top AS (
    SELECT
        post_id,
        toInt64(sum(h.views))       AS views,
        toInt64(sum(h.impressions)) AS impressions,
        toInt64(sum(h.likes))       AS likes,
        toInt64(sum(h.comments))    AS comments,
        toInt64(sum(h.shares))      AS shares,
        max(h.hour)                 AS last,
        toInt64(@view * views + @impression * impressions + @like * likes + @comment * comments + @share * shares) AS score
    FROM post_engagement_hourly AS h
    WHERE h.hour >= fromUnixTimestamp64Milli(@from_ms, 'UTC') AND h.hour <= fromUnixTimestamp64Milli(@to_ms, 'UTC')
    GROUP BY post_id
    HAVING score > 0
)
SELECT post_id, score, views, impressions, likes, comments, shares
FROM top
WHERE post_id NOT IN (
    SELECT id FROM posts
    WHERE id IN (SELECT post_id FROM top) AND id NOT IN (
        SELECT id FROM posts_current
        WHERE id IN (SELECT post_id FROM top) AND ifNull(status, 'published') IN ('', 'published')
            AND ifNull(user_id, '') NOT IN (
                SELECT id FROM users WHERE id != '' AND id NOT IN (SELECT id FROM users_current WHERE deleted_at IS NULL)
            )
    )
)
ORDER BY score DESC, last DESC, post_id
LIMIT @limit
