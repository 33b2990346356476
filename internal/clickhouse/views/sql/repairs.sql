-- The number of the last repair of a roll-up, or with an empty target whether all was found to agree in this run of the
-- server.
SELECT max(number) AS last, countIf(server = @server) AS noted
FROM post_engagement_repairs
WHERE target = @target
