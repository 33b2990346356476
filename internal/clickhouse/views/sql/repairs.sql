-- The number of the last repair, and whether all was found to agree in this run of the server.
SELECT max(number) AS last, countIf(server = @server AND target = '') AS agreed
FROM post_engagement_repairs
