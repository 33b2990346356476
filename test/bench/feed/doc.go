// Package feed measures what a reader's feed costs: made anew, and read from Redis beside a bare net/http handler that reads
// the same stored page and writes as many bytes as the API answers.
//
// Servers and clients are processes of their own, the servers this test binary started again, and take turns in one run.
// Counted is the CPU time of the server's process, user and system, without its start and without that of Redis, which is a
// real one. Indexes are filled as the views fill them. It runs where NOVA_BENCH=1 is set: `make bench-feed`.
package feed
