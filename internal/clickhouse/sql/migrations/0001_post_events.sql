-- Every distinct event, once. Written by the sink of topic `activity` only.
--
-- Partitions are months: one batch nearly always lies in one, and retention drops whole ones. The order serves the
-- question "what happened to this post"; without (post, time) order that question reads everything.
-- The server remembers the tokens of the last inserts (two entries each, so half the window), and knows a repeat by
-- them. A materialized view over this table must have the same window and partitions on its target.

-- +goose Up
CREATE TABLE post_events (
    event_id        String                    CODEC(ZSTD(1)) COMMENT 'given by the producer, or derived from user, post, action and time',
    event_time      DateTime64(3, 'UTC')      CODEC(Delta, ZSTD(1)) COMMENT 'when it happened, by the producer''s clock',
    event_type      Enum8('post_view' = 1, 'post_impression' = 2, 'post_like' = 3, 'post_comment' = 4, 'post_share' = 5) CODEC(ZSTD(1)),
    user_id         String                    CODEC(ZSTD(1)),
    post_id         String                    CODEC(ZSTD(1)),
    author_id       String                    CODEC(ZSTD(1)) COMMENT 'empty where the producer did not say',
    dwell_ms        Int64                     CODEC(T64, ZSTD(1)) COMMENT 'how long the post was looked at; 0 where the producer did not say',
    device          LowCardinality(String)    CODEC(ZSTD(1)),
    app_ver         LowCardinality(String)    CODEC(ZSTD(1)),
    comment_id      String                    CODEC(ZSTD(1)),
    session_id      String          DEFAULT '' CODEC(ZSTD(1)) COMMENT 'empty until events carry sessions',
    device_count    UInt16          DEFAULT 0  CODEC(T64, ZSTD(1)) COMMENT 'devices of the user''s open sessions; 0 until events carry sessions',
    root_time       DateTime64(3, 'UTC')      CODEC(Delta, ZSTD(1)) COMMENT 'when the broker appended the event to topic events',
    kafka_topic_id  LowCardinality(String)    CODEC(ZSTD(1)) COMMENT 'which incarnation of topic activity the row was read from',
    kafka_partition Int32                     CODEC(T64, ZSTD(1)),
    kafka_offset    Int64                     CODEC(Delta, ZSTD(1)),
    batch_first     Int64                     CODEC(ZSTD(1)) COMMENT 'first offset of the announced range the row came with',
    batch_last      Int64                     CODEC(ZSTD(1)) COMMENT 'last offset of that range',
    batch_attempt   Int32                     CODEC(ZSTD(1)) COMMENT 'attempt under which it was sent, from 0'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (post_id, event_time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
