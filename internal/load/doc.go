// Package load writes files to Kafka, JSON Lines, plain or gzip: events, one in its JSON form per line, messages that
// were recorded from a cluster, and follow graphs as CSV.
//
//	lines.go      a file as lines with numbers
//	survey.go     the first pass over events: is every line one, and which is the newest
//	shift.go      an event moved in time
//	send.go       the second pass
//	recording.go  the first pass over recorded messages: which topics, partitions and schemas they need
//	message.go    a line of them
//	schemas.go    the schemas beside them, and their ids in another registry
//	replay.go     the second pass
//	follows.go    a file of who follows whom, as changes of the database
//	pairs.go      a line of it: two ids, or a header
//	deliver.go    rate, acknowledgements, the end
//	progress.go   how far it is, for a person or a log
//
// Nothing is sent before all has been checked. Each event goes to the partition of its key user:post, each recorded
// message to the one it lay in, in file order within a partition. A load that ended without an error was acknowledged in
// full; one that was stopped can be repeated: events keep their ids, and `dedup` drops what it has seen; changes of the
// database keep their positions. Events without an id that are moved in time are new events each time.
package load
