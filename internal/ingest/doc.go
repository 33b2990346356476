// Package ingest writes events that came over HTTP to the topic `events`.
//
//	config.go   how much may wait, and for how long
//	queue.go    room for what waits
//	sender.go   Sender: Send, Run
//	pending.go  a request whose events are on their way
//	metrics.go
//
// Send returns when Kafka has acknowledged every event of a request, by all replicas in sync; only then is one accepted. The
// producer is idempotent: an accepted event is in the topic once. Where the broker is slow or away, or the queue is full, a
// request waits, and is refused when its time is over. What was refused may have been written all the same, or be written
// later, once: who sends it again does so with the same ids, and `dedup` drops the repeat. What has not left the queue
// when its request is refused is never sent.
//
// It does not read bodies or check events, and keeps nothing on disk: what waits in a process that is killed was not
// accepted.
package ingest
