-- One block of synthetic events: {rows} from number {from} on, of {events} in the 7 days before {end_ms}. The post of an
-- event is drawn by Zipf's law with exponent 1.1 among {posts} posts; all is decided by the event's number.
INSERT INTO post_events (
    event_id, event_time, event_type, user_id, post_id, author_id, dwell_ms, device, app_ver, root_time,
    kafka_topic_id, kafka_partition, kafka_offset, batch_first, batch_last
)
WITH
    zipf AS (
        SELECT 1 AS one, number + 1 AS rank, sum(pow(number + 1, -1.1)) OVER (ORDER BY number) AS upto
        FROM numbers({posts:UInt64})
    ),
    events AS (
        SELECT
            1 AS one,
            number AS n,
            sipHash64(n, 'post') / pow(2, 64) * (SELECT max(upto) FROM zipf) AS drawn,
            sipHash64(n, 'type') % 100 AS kind,
            fromUnixTimestamp64Milli({end_ms:Int64} - 7 * 86400000 + toInt64(intDiv(n * 7 * 86400000, {events:UInt64})), 'UTC') AS at
        FROM numbers({from:UInt64}, {rows:UInt64})
    )
SELECT
    toString(n),
    at,
    multiIf(kind < 60, 'post_view', kind < 85, 'post_impression', kind < 95, 'post_like', kind < 98, 'post_comment', 'post_share'),
    concat('user-', toString(sipHash64(n, 'user') % 50000)),
    concat('post-', toString(rank)),
    concat('author-', toString(rank % 500)),
    if(kind < 60, sipHash64(n, 'dwell') % 20000, 0),
    ['ios', 'android', 'web'][n % 3 + 1],
    '1.0',
    at,
    'topic', 0, n, {from:UInt64}, {from:UInt64} + {rows:UInt64} - 1
FROM events ASOF JOIN zipf ON events.one = zipf.one AND events.drawn <= zipf.upto
SETTINGS max_insert_block_size = 10000000, min_insert_block_size_rows = 10000000, min_insert_block_size_bytes = 0
