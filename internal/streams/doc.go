// Package streams runs goka processor groups so that a crash neither loses nor double-counts anything.
//
// What a reader needs: New makes a Stage from a goka graph and a Verb, Run runs it, Status tells how it stands; NewView
// reads a table; Provision makes topics; NewInspector reads lag and accounting from the brokers. Example shows a stage from
// its topics to its table; the example of Options.Punctuate shows ticks.
//
// goka keeps the graph, the goroutine of each partition and the views; this package replaces, through goka's own
// options, what stands between a verb and exactness:
//
//	stage.go        one group: a goka processor from a graph and a verb, built again and again
//	config.go       what all stages of a process share
//	supervisor.go   when it is built again, when not; status.go and metrics.go what is said of it
//	engine.go       what goka sees of Kafka: one session for ever, a message per batch
//	session.go      one membership in the group: clients, poll loop, ticks
//	part.go         partitions that come and go in it; standby.go those of others that are followed
//	commit.go       offsets, with the coordinator's answer; checkpoints.go reads them back
//	name.go         who has the instance's name in the group, and leaving it
//	lease.go        the pause gate; watch.go what else may be wrong; epochs.go topics made again
//	feed.go         fetched records on their way to a partition's goroutine
//	pool.go         memory that goes round: fetched batches, records on their way out
//	task.go         one partition: which inputs are replays (vector.go), what became of each; refuse.go what is too large
//	ledger.go       outputs, then rows, then offset
//	table.go        the group table: decoded rows above a store of what is acknowledged; tombstone.go deleted ones in its log
//	keeper.go       the stores of a process, from session to session (package tablestore)
//	follow.go       reading a changelog
//	context.go      what a verb sees: goka.Context on top of all this
//	punctuate.go    what comes without an input: ticks of a group's owner, expiry; tick.go what a tick may do
//	clients.go      the settings of the three Kafka clients; describe.go what they ask first
//	patience.go     what a broker that is away for a moment means to them: nothing
//	provision.go    topics from a catalogue
//	view.go         a table as decoded rows for readers; viewpart.go one partition of it, viewtopic.go a table created anew
//	inspect.go      lag and accounting from committed offsets; inspectpart.go those of one partition
//
// Guarantee: every output, row and count is as if each input had been processed exactly once, in log order, provided
// that a group has one input topic and that a verb decides by its input and row alone (never by the clock). Records may
// be written more than once; consumers recognise repeats by their schemas.Origin.
//
// Ticks (Options.Punctuate) come between two inputs of a partition, by the clock. What they do to rows is exact, too:
// it lies between two inputs for good, after a crash as well. What they emit is sent at least once and has no origin, so
// it must be idempotent; what they delete must be worthless to verbs already (schemas.Tick).
//
// It has no joins, no loopback and no transactions.
package streams
