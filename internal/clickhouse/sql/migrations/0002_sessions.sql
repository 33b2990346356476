-- Events come from topic `enriched-events` now: each says which session it belongs to, and where it lay in topic `events`.
-- Rows from before have no session, and -1 for the place.

-- +goose Up
ALTER TABLE post_events
    COMMENT COLUMN session_id 'UUID of the session of its user that the event belongs to; empty in rows from before there were sessions',
    COMMENT COLUMN device_count 'different devices of the session up to this event; events without a device do not count',
    COMMENT COLUMN kafka_topic_id 'which incarnation of the sink''s topic the row was read from',
    ADD COLUMN IF NOT EXISTS previous_device     LowCardinality(String) DEFAULT '' COMMENT 'device of the session''s latest event until this one, if that is another; else empty' CODEC(ZSTD(1)) AFTER device_count,
    ADD COLUMN IF NOT EXISTS connects_session_id String                 DEFAULT '' COMMENT 'the other session that this event connects with its own; empty for none' CODEC(ZSTD(1)) AFTER previous_device,
    ADD COLUMN IF NOT EXISTS root_partition      Int32                  DEFAULT -1 COMMENT 'where the event lay in topic events' CODEC(T64, ZSTD(1)) AFTER root_time,
    ADD COLUMN IF NOT EXISTS root_offset         Int64                  DEFAULT -1 COMMENT 'where the event lay in topic events' CODEC(Delta, ZSTD(1)) AFTER root_partition;
-- A sink that was there before may have added them, without all this.
ALTER TABLE post_events
    MODIFY COLUMN previous_device     LowCardinality(String) DEFAULT '' COMMENT 'device of the session''s latest event until this one, if that is another; else empty' CODEC(ZSTD(1)) AFTER device_count,
    MODIFY COLUMN connects_session_id String                 DEFAULT '' COMMENT 'the other session that this event connects with its own; empty for none' CODEC(ZSTD(1)) AFTER previous_device,
    MODIFY COLUMN root_partition      Int32                  DEFAULT -1 COMMENT 'where the event lay in topic events' CODEC(T64, ZSTD(1)) AFTER root_time,
    MODIFY COLUMN root_offset         Int64                  DEFAULT -1 COMMENT 'where the event lay in topic events' CODEC(Delta, ZSTD(1)) AFTER root_partition;
