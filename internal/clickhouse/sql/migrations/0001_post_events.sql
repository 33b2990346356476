-- Every distinct event, once. Written by the sink of topic `activity` only.
--
-- Partitions are months: one batch nearly always lies in one, and retention drops whole ones. The order serves the
-- question "what happened to this post"; without (post, time) order that question reads everything.
-- The server remembers the tokens of the last inserts (two entries each, so half the window), and knows a repeat by
-- them. A materialized view over this table must have the same window and partitions on its target.

-- +goose Up
CREATE TABLE post_events (
    event_id        String                    COMMENT 'given by the producer, or derived from user, post, action and time' CODEC(ZSTD(1)),
    event_time      DateTime64(3, 'UTC')      COMMENT 'when it happened, by the producer''s clock' CODEC(Delta, ZSTD(1)),
    event_type      Enum8('post_view' = 1, 'post_impression' = 2, 'post_like' = 3, 'post_comment' = 4, 'post_share' = 5) CODEC(ZSTD(1)),
    user_id         String                    CODEC(ZSTD(1)),
    post_id         String                    CODEC(ZSTD(1)),
    author_id       String                    COMMENT 'empty where the producer did not say' CODEC(ZSTD(1)),
    dwell_ms        Int64                     COMMENT 'how long the post was looked at; 0 where the producer did not say' CODEC(T64, ZSTD(1)),
    device          LowCardinality(String)    CODEC(ZSTD(1)),
    app_ver         LowCardinality(String)    CODEC(ZSTD(1)),
    comment_id      String                    CODEC(ZSTD(1)),
    session_id      String          DEFAULT '' COMMENT 'empty until events carry sessions' CODEC(ZSTD(1)),
    device_count    UInt16          DEFAULT 0  COMMENT 'devices of the user''s open sessions; 0 until events carry sessions' CODEC(T64, ZSTD(1)),
    root_time       DateTime64(3, 'UTC')      COMMENT 'when the broker appended the event to topic events' CODEC(Delta, ZSTD(1)),
    kafka_topic_id  LowCardinality(String)    COMMENT 'which incarnation of topic activity the row was read from' CODEC(ZSTD(1)),
    kafka_partition Int32                     CODEC(T64, ZSTD(1)),
    kafka_offset    Int64                     CODEC(Delta, ZSTD(1)),
    batch_first     Int64                     COMMENT 'first offset of the announced range the row came with' CODEC(ZSTD(1)),
    batch_last      Int64                     COMMENT 'last offset of that range' CODEC(ZSTD(1)),
    batch_attempt   Int32                     COMMENT 'attempt under which it was sent, from 0' CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(event_time)
ORDER BY (post_id, event_time)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;
