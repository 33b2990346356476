// Package api measures what a read of the API costs beside a bare net/http handler that returns the same bytes.
//
// Servers and clients are processes of their own, each this test binary started again, and take turns in one run. Counted
// is the CPU time of the server's process while it answers a number of requests over kept connections, user and system,
// without its start. Rows of posts lie encoded, as in a view, and are decoded for each request. It runs where NOVA_BENCH=1
// is set: `make bench-api`.
package api
