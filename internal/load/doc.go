// Package load writes files of events to Kafka: JSON Lines, plain or gzip, one event per line in its JSON form.
//
//	lines.go     a file as lines with numbers
//	survey.go    the first pass: is every line an event, and which is the newest
//	shift.go     an event moved in time
//	send.go      the second pass: rate, acknowledgements, the end
//	progress.go  how far it is, for a person or a log
//
// Nothing is sent before the whole file has been checked. Each event goes to the partition of its key user:post, in
// file order within a partition. A load that ended without an error was acknowledged in full; one that was stopped can
// be repeated: events keep their ids, and `dedup` drops what it has seen. Events without an id that are moved in time
// are new events each time.
package load
