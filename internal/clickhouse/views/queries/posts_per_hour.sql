-- Every post in every hour of the last 24 hours. FINAL adds up here: partitions are months of the hour, so rows of one hour
-- and post are never in two of them. All five counts are asked for, as FINAL leaves out a row if all it reads of it is 0.
SELECT hour, post_id, views, likes, comments, shares, impressions
FROM post_engagement_hourly
FINAL
WHERE hour >= toStartOfHour(now('UTC') - INTERVAL 24 HOUR)
SETTINGS do_not_merge_across_partitions_select_final = 1
