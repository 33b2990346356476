// Command nova is the whole program: it runs the pipeline or parts of it, and looks after one that runs.
//
// This package reads the command line and the configuration and prints; what commands do is in packages. Exit codes:
// 0 done, or stopped by a signal and drained; 1 failed; 2 the command line or the configuration is wrong; 130 a job that
// has an end was interrupted before it. `nova reconcile` ends with 1 if something differs, with 2 if it could not compare
// and with 3 if it could not ask ClickHouse.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/nova-social/nova-streams/internal/app"
)

// version is set when the program is linked.
var version = "unknown"

func main() {
	app.TuneCollector()
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel() // drain
		for began := time.Now(); time.Since(began) < sameWish; {
			<-signals
		}
		fmt.Fprintln(os.Stderr, "nova: second signal, ending at once")
		os.Exit(exitFailed)
	}()
	err := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "nova: "+oneLine(err))
	}
	os.Exit(exitCode(err))
}

// sameWish is how long after the first a signal says the same: a supervisor may signal the process and its group.
const sameWish = time.Second

// run is the program without the process around it. environ is as os.Environ gives it.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) error {
	p := &program{environ: environ, stdout: stdout, stderr: stderr}
	root := p.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return root.ExecuteContext(ctx)
}

const (
	exitFailed       = 1
	exitUsage        = 2
	exitNoComparison = 2
	exitAway         = 3
	exitInterrupted  = 130
)

// usageError is a mistake on the command line or in the configuration.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func exitCode(err error) int {
	var usage usageError
	var comparison comparisonError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, &comparison):
		return exitNoComparison
	case errors.Is(err, errAway):
		return exitAway
	default:
		return exitFailed
	}
}

// oneLine is what a person is told; joined errors stay on one line of a log.
func oneLine(err error) string {
	if exitCode(err) == exitInterrupted {
		return "interrupted"
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ")
}
