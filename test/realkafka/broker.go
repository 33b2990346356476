package realkafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	// startLimit is generous: what is usual is seconds, what is seen on a machine with other work is ten times that.
	startLimit = 2 * time.Minute
	stopLimit  = time.Minute
	tailLines  = 10
)

// startedLine is logged when the broker has joined and may lead partitions.
var startedLine = []byte("Kafka Server started")

// broker is one broker's directory and, while it runs, its process.
type broker struct {
	program        program
	id             int
	dir            string
	port           int
	controllerPort int

	command *exec.Cmd     // nil if it was not started or we ended it
	ended   chan struct{} // closed when the process is gone
	err     error         // how it ended, after that
}

// start starts the process and waits until it has joined.
func (b *broker) start(ctx context.Context) error {
	if b.started() {
		return fmt.Errorf("broker %d was started already", b.id)
	}
	log, err := os.OpenFile(b.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("starting broker %d: %w", b.id, err)
	}
	defer log.Close()
	before, err := log.Stat()
	if err != nil {
		return fmt.Errorf("starting broker %d: %w", b.id, err)
	}
	// The test's context ends before the test's clean-up does, which may still need the broker.
	command := b.program.java(context.WithoutCancel(ctx), b.dir, "kafka.Kafka", configName)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting broker %d: %w", b.id, err)
	}
	ended := make(chan struct{})
	b.command, b.ended = command, ended
	go func() {
		b.err = command.Wait()
		close(ended)
	}()
	return b.waitUntilJoined(ctx, before.Size())
}

// waitUntilJoined looks for startedLine in the log from an offset on.
func (b *broker) waitUntilJoined(ctx context.Context, from int64) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		log, err := os.ReadFile(b.logPath())
		if err != nil {
			return fmt.Errorf("reading what broker %d says: %w", b.id, err)
		}
		if bytes.Contains(log[from:], startedLine) {
			return nil
		}
		select {
		case <-b.ended:
			return b.kill() // says that it ended by itself
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waiting for broker %d: %w; it said:\n%s", b.id, context.Cause(ctx), b.tail()), b.kill())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (b *broker) started() bool { return b.command != nil }

// kill ends the process at once.
func (b *broker) kill() error { return b.end(syscall.SIGKILL) }

// stop lets the process end by itself.
func (b *broker) stop() error { return b.end(syscall.SIGTERM) }

// end signals and waits. It is an error if the process is gone already.
func (b *broker) end(signal os.Signal) error {
	if !b.started() {
		return fmt.Errorf("broker %d does not run", b.id)
	}
	command := b.command
	b.command = nil
	select {
	case <-b.ended:
		return fmt.Errorf("broker %d ended by itself (%w); it said:\n%s", b.id, b.err, b.tail())
	default:
	}
	_ = command.Process.Signal(signal) // it may be gone by now
	select {
	case <-b.ended:
		return nil
	case <-time.After(stopLimit):
	}
	_ = command.Process.Kill()
	<-b.ended
	return fmt.Errorf("broker %d did not end within %s and was killed; it said:\n%s", b.id, stopLimit, b.tail())
}

func (b *broker) logPath() string { return filepath.Join(b.dir, "broker.log") }

// tail returns the end of the log without what tells only where in the broker's code it was.
func (b *broker) tail() string {
	log, err := os.ReadFile(b.logPath())
	if err != nil {
		return err.Error()
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(log), "\n"), func(l string) bool { return strings.HasPrefix(l, "\tat ") })
	return strings.Join(lines[max(0, len(lines)-tailLines):], "")
}
