package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// How long to wait for a process that still has the data directory, and for the requests in flight at the end.
const (
	lockTimeout = 15 * time.Second
	stopTimeout = 10 * time.Second
)

// run serves until ctx ends or, if asked, stdin does.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet("chdb-server", flag.ContinueOnError)
	lib := flags.String("lib", os.Getenv("NOVA_CHDB_LIB"), "path of the chDB `library`; default $NOVA_CHDB_LIB")
	dir := flags.String("data-dir", "", "`directory` of the databases; one process at a time")
	addr := flags.String("addr", "127.0.0.1:8123", "`host:port` to listen on; port 0 = a free one")
	queries := flags.Int("max-queries", 32, "queries that may run at a time; others wait")
	withStdin := flags.Bool("stop-with-stdin", false, "stop when standard input ends")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case *lib == "":
		return errors.New("--lib must name the chDB library, is empty")
	case *dir == "":
		return errors.New("--data-dir must name a directory, is empty")
	case *queries < 1:
		return fmt.Errorf("--max-queries must be at least 1, is %d", *queries)
	}
	if *withStdin {
		ctx = untilEnd(ctx, stdin)
	}

	unlock, err := lock(ctx, *dir)
	if err != nil {
		return err
	}
	defer unlock()
	engine, err := openEngine(*lib, *dir)
	if err != nil {
		return err
	}
	defer engine.close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Fprintf(stdout, "chdb-server: listening on %s, ClickHouse %s\n", listener.Addr(), engine.version)
	return serve(ctx, listener, newHandler(engine, *queries))
}

// serve answers requests until ctx ends, then waits for those in flight.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	var unused unusedConnections
	server := &http.Server{Handler: handler, ConnState: unused.note}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	if cause := context.Cause(ctx); !errors.Is(cause, io.EOF) { // whoever started it wonders
		fmt.Fprintln(os.Stderr, "chdb-server: ending:", cause)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	unused.close()
	if err := server.Shutdown(ctx); err != nil {
		return fmt.Errorf("waiting for the requests in flight: %w", err)
	}
	return nil
}

// unusedConnections are those on which no request has come yet: clients open some in advance. Shutdown would wait five
// seconds for each.
type unusedConnections struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (u *unusedConnections) note(conn net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state != http.StateNew {
		delete(u.conns, conn)
		return
	}
	if u.conns == nil {
		u.conns = map[net.Conn]bool{}
	}
	u.conns[conn] = true
}

func (u *unusedConnections) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for conn := range u.conns {
		_ = conn.Close() // nothing was said on it
	}
}

// untilEnd returns a context that also ends when r does.
func untilEnd(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, err := io.Copy(io.Discard, r) // an error is an end, too
		cancel(fmt.Errorf("reading standard input: %w", cmp.Or(err, io.EOF)))
	}()
	return ctx
}

// lock makes the directory and takes it for this process. A killed predecessor may need a moment to let it go.
func lock(ctx context.Context, dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "chdb-server.lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the data directory: %w", err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lockTimeout, errors.New("another process has it"))
	defer cancel()
	for {
		if err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return func() { _ = file.Close() }, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("locking the data directory %s: %w", dir, context.Cause(ctx)), file.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
