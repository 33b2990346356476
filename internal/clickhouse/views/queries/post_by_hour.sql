-- One post, {post_id:String}, in each hour of the last 7 days.
SELECT hour, sum(h.views) AS views, sum(h.likes) AS likes, sum(h.comments) AS comments, sum(h.shares) AS shares
FROM post_engagement_hourly AS h
WHERE post_id = {post_id:String} AND hour >= toStartOfHour(now('UTC') - INTERVAL 7 DAY)
GROUP BY hour
ORDER BY hour
