// Package reconcile proves that what came in is what analysts see, or names what is not: which partition, which offsets,
// how many rows, which hours.
//
//	report.go print.go    what is found, and how it is told
//	chain.go              pure: the inserts of a Kafka partition follow each other without a gap or an overlap
//	events.go             pure: records of `events` per hour and partition = rows + dead letters + repeats
//	flow.go stages.go     pure: what a stage has passed on is what the next has seen
//	views.go              pure: what a view says of a post = what it is made of
//	cut.go                a moment of `events` of which everything is known to have arrived
//	strays.go refused.go  rows that name no insert; events that a later group has refused
//	rows.go rowsviews.go  what ClickHouse is asked, in sql/
//	log.go                what Kafka is asked
//	exact.go              from a range of offsets to the offsets
//	run*.go job.go        one comparison; one as periodic work, of which it tells
//
// Guarantee: a row of post_events that is missing, or there twice, is found and named by partition and offset range,
// whichever it is, as long as it is within the time looked at. Records on their way are no difference: what is judged
// is what every stage has committed, so a comparison amid load raises no false alarm. What retention has removed is
// called not comparable, never lost.
//
// It changes nothing, in Kafka or in ClickHouse, and does not repair. It compares numbers and places, not the content of
// rows.
package reconcile
