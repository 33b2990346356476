-- Rows that do not say which record of `events` they come from, and the newest of them.
SELECT toInt64(count()) AS found, max(root_time) AS newest
FROM post_events
WHERE batch_rows = 0
