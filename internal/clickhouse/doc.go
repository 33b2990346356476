// Package clickhouse keeps the events in ClickHouse: it creates the tables and writes topic `enriched-events` to post_events.
//
//	config.go client.go         how the server is reached
//	readconfig.go read.go       readers: a client that changes nothing, and what it asks
//	reader.go                   the server's user for them
//	migrate.go sql/             tables, applied in order and once; retention of each table
//	columns.go row.go           pure: what a record becomes, and which records become none
//	batch.go plan.go            pure: when a batch ends, what it is announced as, its blocks and tokens
//	writer.go                   announce, insert, commit: the protocol, apart from Kafka and ClickHouse
//	insert.go                   one block into the server
//	ledger.go                   the committed offset and its metadata, asked of the coordinator and answered
//	claim.go                    one partition, from records to batches
//	session.go sink.go          the member of the consumer group: joins, takes over, waits, leaves
//	sinkconfig.go status.go     what can be set; how it is doing
//	deadletter.go               where refused records go
//
// Guarantee: every record of `enriched-events` is in post_events and in every materialized view over it exactly once, or in
// `enriched-events-dlq` at least once, or is a repeat of one that is. It holds across crashes of the sink at any moment,
// rebalances, members that wake up late, and a server that is away for as long as it likes, because an insert
//
//   - covers a range of offsets that the group coordinator has accepted as announced, in the committed metadata, before
//     the insert is sent; whoever takes the partition over writes that very range again before anything else;
//   - is one block into one partition of the table, under a token made of the range, so that the server knows a repeat.
//
// It needs: one server (several addresses are several ways to it); tables and targets of views with a window of
// remembered tokens, views partitioned as post_events is; no TRUNCATE or DROP PARTITION while a range is in flight.
// It does not survive a server that loses what it acknowledged, and a SIGKILL of the server between its note of a token
// and the rows can lose that block.
//
// It does not change columns while it runs.
package clickhouse
