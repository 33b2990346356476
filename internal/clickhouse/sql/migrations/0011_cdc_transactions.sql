-- Transactions of the application's database of which all changes have passed. One that is told again replaces itself.

-- +goose Up
CREATE TABLE IF NOT EXISTS cdc_transactions (
    tx_id           Int64                               COMMENT 'its number in the database; numbers come again, at another time',
    committed_at    DateTime64(3, 'UTC')                COMMENT 'commit, by the database''s clock',
    source_epoch    Int32                               COMMENT 'which of cdc.sources, from 0; -1 where none of its tables is read here',
    first_lsn       Int64                               COMMENT 'where in the database''s log it begins',
    events          Int64                               COMMENT 'changes in all tables',
    tables          Map(LowCardinality(String), Int64)  COMMENT 'the same by table, as schema.table of the database',
    completed_at    DateTime64(3, 'UTC')                COMMENT 'when the last of its changes had passed here',
    kafka_topic_id  LowCardinality(String)              COMMENT 'incarnation of the topic the row was read from',
    kafka_partition Int32                               COMMENT 'where it was read',
    kafka_offset    Int64                               COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(committed_at)
ORDER BY (committed_at, tx_id)
COMMENT 'transactions of the application''s database of which all changes have passed; one may be there twice until parts are merged: read it with FINAL';
