// Package cdc measures what a change of the application's database costs, from the connector's topics to the tables: CPU
// per change, and changes per second when catching up.
//
// Three things take turns over the same records, each in a process of its own that is this test binary started again:
//
//	groups   the product's groups: those that read what Debezium says, and those that keep tables
//	decode   franz-go reading the topics, and the product's decoder
//	read     franz-go reading the topics
//
// The records are ones that a real connector wrote, with other ids and positions, of all six tables. Counted is the CPU
// time of the process, with its start, not that of Kafka. It runs where NOVA_BENCH=1 is set: `make bench-cdc`.
package cdc
