// Package clickhouse keeps records in ClickHouse: it creates the tables and writes topics to them, `enriched-events` to
// post_events. A mapping says what is special about a topic and its table; the program is the same for all.
//
//	config.go client.go         how the server is reached
//	readconfig.go read.go       readers: a client that changes nothing, and what it asks
//	reader.go                   the server's user for them
//	call.go breaker.go kind.go  the one way of all calls: time limit, circuit breaker, metrics; what an error means
//	address.go                  what an error says of the server: its address, nothing else
//	migrate.go sql/             tables and views, applied in order and once
//	hold.go                     how inserts are kept away while a view is made
//	retention.go refresh.go     what of a table follows the configuration
//	mapping.go columns.go       pure: what has to be known of a topic and its table
//	postevents.go               pure: what an enriched event becomes, and which become nothing
//	mirror.go                   pure: what a row of the application's database becomes
//	batch.go plan.go            pure: when a batch ends, what it is announced as, its blocks and tokens
//	writer.go                   announce, insert, commit: the protocol, apart from Kafka and ClickHouse
//	replace.go                  a batch of rows that replace each other, which needs none of that
//	placement.go fate.go        a batch into the table: attempts after a start of the server, halves of a refused block
//	insert.go table.go          one block into the server; what is asked of the table
//	ledger.go                   where a partition commits
//	claim.go                    one partition, from records to batches
//	session.go sink.go          the member of the consumer group: joins, takes over, waits, leaves
//	sinkconfig.go status.go     what can be set; how it is doing
//	deadletter.go               where refused rows go
//
// Guarantee: every record of a topic is in its table and in every materialized view over that exactly once, or in its
// dead-letter topic at least once, or is a repeat of one that is. It holds across crashes of the sink at any moment,
// rebalances, members that wake up late, and a server that is away for as long as it likes, because an insert
//
//   - covers a range of offsets that the group coordinator has accepted as announced, in the committed metadata, before
//     the insert is sent; whoever takes the partition over writes that very range again before anything else;
//   - is one block into one partition of the table, under a token made of the range, so that the server knows a repeat.
//
// A block that was sent before is sent again only when nothing of it is under way. If the server has started anew since
// the announcement, it may know the token and not have the rows; so if it has none, they go under a fresh token, announced
// first. A block that is refused, with no row of it in the table and none under way, is halved, each half announced, down
// to the bad row, which becomes a dead letter with the server's reason; that takes two inserts per halving. Not more than
// 100 rows of a batch: beyond that the table is wrong and is waited for.
//
// batch_before and batch_rows of the rows form a chain per incarnation of the topic and partition: each insert begins with
// the row after the last of the one before.
//
// Mirrors of the application's tables (Mapping.Replacing) are written at least once: of the rows of one key the one of the
// highest position in the source counts, whenever it came and however often. What readers see through the views …_current
// is therefore exact. A truncate is a row, too.
//
// While the server is in trouble a step is tried again after 100, 200, 400 ms and so on, and with as many failures as are
// configured the breaker opens: nothing is sent but trials. Each partition waits with its place in the group. What it holds
// is bounded: one batch (its records as read and as decoded, BatchBytes of keys and values and the record that exceeds
// them), one record, and the buffers of sarama, 256 records and one answer to a fetch (1 MiB).
//
// It needs: one server (several addresses are several ways to it); tables and targets of views with a window of
// remembered tokens, views partitioned as the table is; no TRUNCATE or DROP PARTITION while a range is in flight.
// It does not survive a server that loses what it acknowledged. docs/invariants.md names the edges.
//
// How the views stand is looked after by package views.
//
// It adds columns of its own that the table lacks, and changes no others.
package clickhouse
