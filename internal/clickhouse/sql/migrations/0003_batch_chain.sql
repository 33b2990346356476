-- The inserts of one incarnation of the topic and partition form a chain: each begins with the row after the last of the
-- one before. A row that is lost or twice breaks it. Rows from before have 0 in both.

-- +goose Up
ALTER TABLE post_events
    ADD COLUMN IF NOT EXISTS batch_before UInt64 COMMENT 'rows of this topic id and partition in all inserts before the one the row came with' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS batch_rows   UInt32 COMMENT 'rows of that insert' CODEC(ZSTD(1));
-- A sink that was there before may have added them, without all this.
ALTER TABLE post_events
    MODIFY COLUMN batch_before UInt64 COMMENT 'rows of this topic id and partition in all inserts before the one the row came with' CODEC(ZSTD(1)),
    MODIFY COLUMN batch_rows   UInt32 COMMENT 'rows of that insert' CODEC(ZSTD(1));
