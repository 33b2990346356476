-- When the statistics of the last 24 hours were made; 0 if they are empty.
SELECT toInt64(toUnixTimestamp(max(refreshed_at))) AS refreshed
FROM post_stats_24h
