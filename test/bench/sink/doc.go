// Package sink measures what the sink costs: rows per second of CPU time, beside the least that can be done with the same
// rows in the same run, which is ch-go encoding them and sending them.
//
// Three things take turns, each in a process of its own that is this test binary started again, on the same server:
//
//	sink     the product's sink: reads Kafka, decodes Avro, drops repeats, announces, inserts, commits
//	insert   the product's insert alone, of rows that lie in memory
//	bare     ch-go's columns filled from the same rows, encoded and posted: no token, no protocol, no retries
//
// Counted is the CPU time of the client process, not of Kafka or ClickHouse. It runs where NOVA_BENCH=1 is set: `make
// bench-sink`.
package sink
