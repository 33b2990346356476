-- Copies of tables of the application's database. Of the rows of a key the one of the highest version counts, whenever it
-- came and however often: read through the views …_current, which have the database's own columns and only the rows that
-- are there. A column that the database adds later is added by the sink, to table and view.
--
-- A version is the position in the database's log (epoch of the source, LSN) and in its low 48 bits an offset. A row with
-- an empty key says at which position the table was truncated.

-- +goose Up
CREATE TABLE IF NOT EXISTS posts (
    id               String                             COMMENT 'the post',
    user_id          Nullable(String)                   COMMENT 'its author',
    caption          Nullable(String)                   COMMENT 'as the database has it' CODEC(ZSTD(1)),
    content          Nullable(String)                   COMMENT 'as the database has it' CODEC(ZSTD(1)),
    status           Nullable(String)                   COMMENT 'as the database has it; shown to users where it is published',
    created_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    updated_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    cdc_deleted      Bool                               COMMENT 'the row is no more',
    cdc_version      UInt128                            COMMENT 'position in the database''s log, and in the low 48 bits an offset' CODEC(ZSTD(1)),
    cdc_committed_at DateTime64(3, 'UTC')               COMMENT 'commit of the change, by the database''s clock',
    cdc_unknown      Array(String)                      COMMENT 'columns whose values never came: they are NULL here',
    cdc_beyond       Map(String, String)                COMMENT 'times that ClickHouse cannot hold, as the database prints them: they are NULL in their column',
    kafka_topic_id   LowCardinality(String)             COMMENT 'incarnation of the topic the row was read from',
    kafka_partition  Int32                              COMMENT 'where it was read',
    kafka_offset     Int64                              COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(cdc_version)
ORDER BY id
COMMENT 'posts of the application, with former versions until parts are merged: read posts_current';

CREATE TABLE IF NOT EXISTS users (
    id               String                             COMMENT 'the user',
    username         Nullable(String)                   COMMENT 'as the database has it',
    display_name     Nullable(String)                   COMMENT 'as the database has it',
    bio              Nullable(String)                   COMMENT 'as the database has it' CODEC(ZSTD(1)),
    created_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    deleted_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it; set for a user who left',
    cdc_deleted      Bool                               COMMENT 'the row is no more',
    cdc_version      UInt128                            COMMENT 'position in the database''s log, and in the low 48 bits an offset' CODEC(ZSTD(1)),
    cdc_committed_at DateTime64(3, 'UTC')               COMMENT 'commit of the change, by the database''s clock',
    cdc_unknown      Array(String)                      COMMENT 'columns whose values never came: they are NULL here',
    cdc_beyond       Map(String, String)                COMMENT 'times that ClickHouse cannot hold, as the database prints them: they are NULL in their column',
    kafka_topic_id   LowCardinality(String)             COMMENT 'incarnation of the topic the row was read from',
    kafka_partition  Int32                              COMMENT 'where it was read',
    kafka_offset     Int64                              COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(cdc_version)
ORDER BY id
COMMENT 'users of the application, with former versions until parts are merged: read users_current';

CREATE TABLE IF NOT EXISTS comments (
    id               String                             COMMENT 'the comment',
    post_id          Nullable(String)                   COMMENT 'on which post',
    user_id          Nullable(String)                   COMMENT 'whose',
    content          Nullable(String)                   COMMENT 'as the database has it' CODEC(ZSTD(1)),
    created_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    cdc_deleted      Bool                               COMMENT 'the row is no more',
    cdc_version      UInt128                            COMMENT 'position in the database''s log, and in the low 48 bits an offset' CODEC(ZSTD(1)),
    cdc_committed_at DateTime64(3, 'UTC')               COMMENT 'commit of the change, by the database''s clock',
    cdc_unknown      Array(String)                      COMMENT 'columns whose values never came: they are NULL here',
    cdc_beyond       Map(String, String)                COMMENT 'times that ClickHouse cannot hold, as the database prints them: they are NULL in their column',
    kafka_topic_id   LowCardinality(String)             COMMENT 'incarnation of the topic the row was read from',
    kafka_partition  Int32                              COMMENT 'where it was read',
    kafka_offset     Int64                              COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(cdc_version)
ORDER BY id
COMMENT 'comments of the application, with former versions until parts are merged: read comments_current';

CREATE TABLE IF NOT EXISTS likes (
    user_id          String                             COMMENT 'who likes',
    post_id          String                             COMMENT 'which post',
    created_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    cdc_deleted      Bool                               COMMENT 'the row is no more: the like was taken back',
    cdc_version      UInt128                            COMMENT 'position in the database''s log, and in the low 48 bits an offset' CODEC(ZSTD(1)),
    cdc_committed_at DateTime64(3, 'UTC')               COMMENT 'commit of the change, by the database''s clock',
    cdc_unknown      Array(String)                      COMMENT 'columns whose values never came: they are NULL here',
    cdc_beyond       Map(String, String)                COMMENT 'times that ClickHouse cannot hold, as the database prints them: they are NULL in their column',
    kafka_topic_id   LowCardinality(String)             COMMENT 'incarnation of the topic the row was read from',
    kafka_partition  Int32                              COMMENT 'where it was read',
    kafka_offset     Int64                              COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(cdc_version)
ORDER BY (user_id, post_id)
COMMENT 'likes as the application''s database has them, with former versions until parts are merged: read likes_current';

CREATE TABLE IF NOT EXISTS user_relationships (
    follower_id      String                             COMMENT 'who follows',
    followee_id      String                             COMMENT 'whom',
    status           Nullable(String)                   COMMENT 'as the database has it; the edge counts where it is active',
    created_at       Nullable(DateTime64(6, 'UTC'))     COMMENT 'as the database has it',
    cdc_deleted      Bool                               COMMENT 'the row is no more',
    cdc_version      UInt128                            COMMENT 'position in the database''s log, and in the low 48 bits an offset' CODEC(ZSTD(1)),
    cdc_committed_at DateTime64(3, 'UTC')               COMMENT 'commit of the change, by the database''s clock',
    cdc_unknown      Array(String)                      COMMENT 'columns whose values never came: they are NULL here',
    cdc_beyond       Map(String, String)                COMMENT 'times that ClickHouse cannot hold, as the database prints them: they are NULL in their column',
    kafka_topic_id   LowCardinality(String)             COMMENT 'incarnation of the topic the row was read from',
    kafka_partition  Int32                              COMMENT 'where it was read',
    kafka_offset     Int64                              COMMENT 'likewise' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(cdc_version)
ORDER BY (follower_id, followee_id)
COMMENT 'follows of the application, with former versions until parts are merged: read user_relationships_current';

-- The server makes this table anew, as a whole, by the clock.
CREATE TABLE IF NOT EXISTS user_relationships_agg (
    follower_id   String               COMMENT 'who follows',
    following_ids Array(String)        COMMENT 'whom, by id; only edges that are active',
    last_updated  DateTime64(3, 'UTC') COMMENT 'commit of the last change of one of the user''s edges, also of one that is no more'
)
ENGINE = MergeTree
ORDER BY follower_id
COMMENT 'whom each user follows, made anew every few minutes unless set otherwise; without those who follow nobody';

CREATE MATERIALIZED VIEW IF NOT EXISTS user_relationships_agg_mv REFRESH EVERY 120 SECOND TO user_relationships_agg AS
SELECT
    follower_id,
    arraySort(groupArrayIf(followee_id, counts)) AS following_ids,
    max(cdc_committed_at)                        AS last_updated
FROM (
    SELECT
        follower_id, followee_id, cdc_committed_at, bitShiftRight(cdc_version, 48) AS position,
        ifNull(status = 'active', false) AND NOT cdc_deleted
            AND (bitAnd(position, 18446744073709551615) = 0
                OR position >= (SELECT max(bitShiftRight(cdc_version, 48)) FROM user_relationships WHERE follower_id = '')) AS counts
    FROM user_relationships
    FINAL
    WHERE follower_id != ''
)
GROUP BY follower_id
HAVING notEmpty(following_ids);
