// Package consume reads a topic as a member of a consumer group and hands its records on in batches, for work that may be
// done again: what is kept in a cache.
//
//	config.go consumer.go    what can be set; the consumer: joins, waits, leaves
//	member.go session.go     one membership of the group; one generation of it
//	claim.go                 one partition, from records to batches to commits
//	status.go metrics.go     how it is doing
//
// Guarantee: every record is handled at least once, or is in the dead-letter topic at least once. An offset is committed
// after its handler has succeeded, so what was handled and not committed is handled again, by this member or the partition's
// next owner. The batches of a partition come one after the other, in its order; those of different partitions at the same
// time. A handler that fails is called again with the same batch after a pause, for as long as the partition is this
// member's, which keeps its place in the group meanwhile; so nothing overtakes what failed.
//
// A group that was away for longer than its topic is kept goes on with what is left, and says so: what a cache missed by
// then, the cache has forgotten, too.
//
// It does not keep effects from happening twice: that is what package clickhouse does.
package consume
