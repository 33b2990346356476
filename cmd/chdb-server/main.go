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

	"golang.org/x/sys/unix"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	stdin, err := keepStdin()
	if err == nil {
		err = run(ctx, os.Args[1:], stdin, os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chdb-server:", err)
		os.Exit(1)
	}
}

// keepStdin returns standard input under another number and leaves the null device in its place: the library takes itself
// for a program of its own, and what it does with its input (it may make it non-blocking) must not look like the end.
func keepStdin() (*os.File, error) {
	kept, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, fmt.Errorf("keeping standard input: %w", err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, fmt.Errorf("keeping standard input: %w", err)
	}
	defer null.Close()
	if err := unix.Dup2(int(null.Fd()), 0); err != nil {
		return nil, fmt.Errorf("keeping standard input: %w", err)
	}
	return os.NewFile(uintptr(kept), "stdin"), nil
}
