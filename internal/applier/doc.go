// Package applier removes pages from the cache that a change has made old: it reads what `cache-invalidations` says.
//
// Of several changes of one thing that come within a moment, one removal is made, after the last of them, with the highest
// position in each table: this delays removals, it drops none. Offsets are committed when Redis has taken the removals.
//
// Guarantee: every message is applied at least once, in any order with others of the same thing, which gives the same: a
// removal removes whatever there is, and of two positions the higher one stays. While Redis is away messages wait in Kafka.
// A Redis that comes back empty, or with what it had before, begins anew (package cache), so nothing has to be applied
// again.
//
// It does not make pages, and it does not judge whether a change matters: that is what writes the messages.
package applier
