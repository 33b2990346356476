-- Roll-ups of post_events that its inserts keep up to date, and the statistics of the last 24 hours.
--
-- A roll-up counts every row once, as the table does: its target has partitions and a window of tokens like the table's,
-- so that a block that is sent again is known in both. The rows that were there before the views are counted here, while
-- post_events takes no inserts. The last of them may be sent once more, under tokens that no roll-up has seen: they were
-- inserted, but not yet committed. As the rows of a Kafka partition and month are inserted in order of their offsets, the
-- highest offset tells them from those to come, and the views pass them over.
--
-- A run of this file that was cut off is begun anew, so all goes first that it makes.

-- +goose Up
DROP VIEW IF EXISTS post_engagement_hourly_mv;
DROP VIEW IF EXISTS post_engagement_minutely_mv;
DROP VIEW IF EXISTS post_stats_24h_mv;
DROP VIEW IF EXISTS materialized_view_metadata;
DROP TABLE IF EXISTS post_engagement_hourly;
DROP TABLE IF EXISTS post_engagement_minutely;
DROP TABLE IF EXISTS post_engagement_backfilled;
DROP TABLE IF EXISTS post_stats_24h;
DROP TABLE IF EXISTS materialized_view_checks;

-- Rows of one hour and post may lie in several parts until these are merged: read sums. FINAL adds up, too, but leaves out
-- a row of which all counts that are read are 0. New rows are of late hours, so in order of time the parts hardly overlap
-- and FINAL has little to do; the projection is for one post through all hours.
CREATE TABLE post_engagement_hourly (
    hour        DateTime('UTC') COMMENT 'the hour of event_time, by its begin',
    post_id     String          COMMENT 'the post',
    views       UInt64          COMMENT 'events post_view of the hour',
    likes       UInt64          COMMENT 'events post_like of the hour, of which a user may send several',
    comments    UInt64          COMMENT 'events post_comment of the hour',
    shares      UInt64          COMMENT 'events post_share of the hour',
    impressions UInt64          COMMENT 'events post_impression of the hour',
    dwell_ms    Int64           COMMENT 'sum over all events',
    PROJECTION by_post (SELECT * ORDER BY post_id, hour)
)
ENGINE = SummingMergeTree((views, likes, comments, shares, impressions, dwell_ms))
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, post_id)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1, deduplicate_merge_projection_mode = 'rebuild'
COMMENT 'counts of each post and hour; written by a view over post_events';

-- For what has happened lately, of all posts.
CREATE TABLE post_engagement_minutely (
    minute      DateTime('UTC') COMMENT 'the minute of event_time, by its begin',
    post_id     String          COMMENT 'the post',
    views       UInt64          COMMENT 'events post_view of the minute',
    likes       UInt64          COMMENT 'events post_like of the minute, of which a user may send several',
    comments    UInt64          COMMENT 'events post_comment of the minute',
    shares      UInt64          COMMENT 'events post_share of the minute',
    impressions UInt64          COMMENT 'events post_impression of the minute',
    dwell_ms    Int64           COMMENT 'sum over all events'
)
ENGINE = SummingMergeTree((views, likes, comments, shares, impressions, dwell_ms))
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, post_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'counts of each post and minute, for some days; written by a view over post_events';

CREATE TABLE post_engagement_backfilled (
    topic_id  String,
    partition Int32,
    month     UInt32,
    upto      Int64 COMMENT 'the offset after the last row'
)
ENGINE = MergeTree
ORDER BY (topic_id, partition, month)
COMMENT 'what was in post_events before the roll-ups, by offset; their views pass these rows over';

INSERT INTO post_engagement_backfilled
SELECT kafka_topic_id, kafka_partition, toYYYYMM(event_time) AS month, max(kafka_offset) + 1
FROM post_events
GROUP BY kafka_topic_id, kafka_partition, month;

INSERT INTO post_engagement_hourly
SELECT
    toStartOfHour(event_time) AS hour, post_id,
    countIf(event_type = 'post_view'), countIf(event_type = 'post_like'), countIf(event_type = 'post_comment'),
    countIf(event_type = 'post_share'), countIf(event_type = 'post_impression'), sum(e.dwell_ms)
FROM post_events AS e
GROUP BY post_id, hour
SETTINGS optimize_aggregation_in_order = 1, max_partitions_per_insert_block = 0;

-- Older minutes would expire at once.
INSERT INTO post_engagement_minutely
SELECT
    toStartOfMinute(event_time) AS minute, post_id,
    countIf(event_type = 'post_view'), countIf(event_type = 'post_like'), countIf(event_type = 'post_comment'),
    countIf(event_type = 'post_share'), countIf(event_type = 'post_impression'), sum(e.dwell_ms)
FROM post_events AS e
WHERE event_time >= toStartOfDay(now()) - INTERVAL 2 DAY
GROUP BY post_id, minute
SETTINGS optimize_aggregation_in_order = 1, max_partitions_per_insert_block = 0;

CREATE MATERIALIZED VIEW post_engagement_hourly_mv TO post_engagement_hourly AS
SELECT
    toStartOfHour(event_time)                AS hour,
    post_id,
    countIf(event_type = 'post_view')        AS views,
    countIf(event_type = 'post_like')        AS likes,
    countIf(event_type = 'post_comment')     AS comments,
    countIf(event_type = 'post_share')       AS shares,
    countIf(event_type = 'post_impression')  AS impressions,
    sum(e.dwell_ms)                          AS dwell_ms
FROM post_events AS e
ANY LEFT JOIN post_engagement_backfilled AS b
    ON b.topic_id = toString(e.kafka_topic_id) AND b.partition = e.kafka_partition AND b.month = toYYYYMM(e.event_time)
WHERE e.kafka_offset >= ifNull(b.upto, 0)
GROUP BY post_id, hour;

CREATE MATERIALIZED VIEW post_engagement_minutely_mv TO post_engagement_minutely AS
SELECT
    toStartOfMinute(event_time)              AS minute,
    post_id,
    countIf(event_type = 'post_view')        AS views,
    countIf(event_type = 'post_like')        AS likes,
    countIf(event_type = 'post_comment')     AS comments,
    countIf(event_type = 'post_share')       AS shares,
    countIf(event_type = 'post_impression')  AS impressions,
    sum(e.dwell_ms)                          AS dwell_ms
FROM post_events AS e
ANY LEFT JOIN post_engagement_backfilled AS b
    ON b.topic_id = toString(e.kafka_topic_id) AND b.partition = e.kafka_partition AND b.month = toYYYYMM(e.event_time)
WHERE e.kafka_offset >= ifNull(b.upto, 0)
GROUP BY post_id, minute;

-- The server makes this table anew, as a whole, by the clock: readers see the old one or the new one. A post without an
-- event in the 24 hours is not in it. As each refresh swaps tables, an ALTER of this one may fail or be lost: what a later
-- migration changes of it, it must create anew, with the view.
CREATE TABLE post_stats_24h (
    post_id      String          COMMENT 'the post',
    views        UInt64          COMMENT 'of the last 24 h of event time: from the begin of the minute that lay 24 h before refreshed_at up to refreshed_at, so up to a minute more than 24 h. Events ahead of the clock do not count yet',
    likes        UInt64          COMMENT 'of the same 24 h, as all counts here',
    comments     UInt64          COMMENT 'of the same 24 h',
    shares       UInt64          COMMENT 'of the same 24 h',
    impressions  UInt64          COMMENT 'of the same 24 h',
    dwell_ms     Int64           COMMENT 'sum over all events',
    refreshed_at DateTime('UTC') COMMENT 'by the clock of the server, the same in all rows'
)
ENGINE = MergeTree
ORDER BY post_id
COMMENT 'counts of each post in the last 24 hours, made anew every minute unless set otherwise, whether events arrive or not';

CREATE MATERIALIZED VIEW post_stats_24h_mv REFRESH EVERY 60 SECOND TO post_stats_24h AS
SELECT
    post_id,
    sum(m.views)       AS views,
    sum(m.likes)       AS likes,
    sum(m.comments)    AS comments,
    sum(m.shares)      AS shares,
    sum(m.impressions) AS impressions,
    sum(m.dwell_ms)    AS dwell_ms,
    now('UTC')         AS refreshed_at
FROM post_engagement_minutely AS m
WHERE minute >= toStartOfMinute(now('UTC') - INTERVAL 24 HOUR) AND minute <= now('UTC')
GROUP BY post_id;

CREATE TABLE materialized_view_checks (
    view_name         String               COMMENT 'the materialized view',
    target_table      String               COMMENT 'where its rows lie',
    source_tables     Array(String)        COMMENT 'what it is made of',
    refresh_interval  UInt32               COMMENT 'seconds; 0: with every insert into the source',
    last_refresh      DateTime('UTC')      COMMENT 'end of the last refresh that succeeded; of a view that is kept up by inserts, when a part of its target was last written, by an insert or a merge',
    last_duration_ms  UInt64               COMMENT 'of that refresh; 0 for a view that is kept up by inserts',
    staleness_seconds UInt64               COMMENT 'time since the last refresh; of a view that is kept up by inserts, by how much its newest hour or minute lies behind that of its source',
    rows              UInt64               COMMENT 'in the target, before merges',
    error             String               COMMENT 'what is wrong with the view; empty if nothing is',
    checked_at        DateTime64(3, 'UTC') COMMENT 'when all this was true'
)
ENGINE = ReplacingMergeTree(checked_at)
ORDER BY view_name
COMMENT 'what materialized_view_metadata shows, with what it showed before until parts are merged';

CREATE VIEW materialized_view_metadata AS
SELECT
    view_name, target_table, source_tables, refresh_interval, last_refresh, last_duration_ms, staleness_seconds, rows, error,
    checked_at
FROM materialized_view_checks
FINAL
COMMENT 'one row for each materialized view, kept true by a job of the sinks';
