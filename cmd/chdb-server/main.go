// Command chdb-server serves ClickHouse's HTTP interface from chDB, the ClickHouse engine as a library. It stands in for
// a ClickHouse server on a laptop and in tests: the clickhouse-go client, curl and BI tools that speak HTTP work with it
// unchanged.
//
//	chdb-server --lib libchdb.so --data-dir DIR [--addr 127.0.0.1:8123]
//
// It is a program of its own because the library is 0.5 GB, must be found at run time, and takes the process down if it
// crashes. When it is ready it prints one line: "chdb-server: listening on HOST:PORT, ClickHouse VERSION". SIGTERM ends
// it after the requests in flight; with --stop-with-stdin so does the end of its standard input, which is the end of the
// process that started it.
//
// Guarantee: an insert answered with 200 is in the data directory and survives SIGKILL of this process (not a power cut).
//
// What a ClickHouse server has and this has not: users and passwords (all are accepted), sessions, external tables, the
// cancelling of queries, asynchronous inserts (they run at once), the native protocol, replication, system.query_log.
// Results are built in memory before they are sent.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chdb-server:", err)
		os.Exit(1)
	}
}
