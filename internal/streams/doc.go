// Package streams runs goka processor groups so that a crash neither loses nor double-counts anything.
//
// goka keeps group membership, partition goroutines, table recovery and views; this package replaces, through goka's
// own options, what stands between a verb and exactness:
//
//	stage.go       one group: builds goka processors from a graph and a verb
//	supervisor.go  rebuilds a processor that ended, with backoff
//	group.go       the consumer group: no fixed pause at rebalances, commits only what is durable
//	session.go     one group generation: its producer, its tasks, its tick
//	task.go        one partition: which inputs are replays, what became of each
//	ledger.go      outputs, then rows, then offset
//	table.go       the group table as decoded rows, each dirty row encoded once per tick
//	context.go     what a verb sees: goka.Context on top of all this
//	producer.go    franz-go behind goka.Producer
//	provision.go   topics from a catalogue
//	view.go        a table as decoded rows for readers
//	inspect.go     lag and accounting from committed offsets
//
// Guarantee: every output, row and count is as if each input had been processed exactly once, in log order, provided
// that a group with a table has one input topic and that a verb decides by its input and row alone (never by the
// clock). Records may be written more than once; consumers recognise repeats by their schemas.Origin.
//
// It does not expire rows, keep tables on disk, or fence a process that was frozen beyond its session.
package streams
