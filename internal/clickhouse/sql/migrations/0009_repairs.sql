-- What was added to roll-ups that lacked rows of an insert: each is named by a number, once for all processes.

-- +goose Up
CREATE TABLE IF NOT EXISTS post_engagement_repairs (
    number      UInt64               COMMENT 'grows by one; names the inserts of a repair, so that none is made twice',
    server      UInt64               COMMENT 'run of the server',
    target      String               COMMENT 'the roll-up; empty where all were found to agree with post_events',
    rows        UInt64               COMMENT 'hours or minutes of posts to which something was added',
    repaired_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'by the clock of the server'
)
ENGINE = MergeTree
ORDER BY number
COMMENT 'what roll-ups lacked after the server was killed amid an insert, and when they agreed with post_events again';
