package devstack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// child is a process that stops when its standard input ends. That is a pipe only this process holds, so the child does
// not outlive us, also when we are killed. What it writes to standard error is logged.
type child struct {
	command *exec.Cmd
	stdin   io.Closer
	stdout  *os.File
	stderr  *lineLog

	stopping atomic.Bool   // we want it to end
	ended    chan struct{} // closed when the process is gone
	err      error         // how it ended, after that
}

func startChild(command *exec.Cmd, log *slog.Logger) (*child, error) {
	c := &child{command: command, stderr: &lineLog{log: log}, ended: make(chan struct{})}
	var err error
	if c.stdin, err = command.StdinPipe(); err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making a pipe: %w", err), c.stdin.Close())
	}
	defer write.Close()
	c.stdout = read
	command.Stdout, command.Stderr = write, c.stderr
	// A group of its own: Ctrl-C in a terminal is for this process, which stops its children in order, and a child can be
	// killed with its own children.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = time.Second // for a grandchild that has standard error
	if err := command.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", command.Path, err), read.Close())
	}
	go func() {
		c.err = command.Wait()
		if !c.stopping.Load() {
			log.Error("a server ended by itself", "program", command.Path, "error", c.err, "said", c.stderr.last())
		}
		close(c.ended)
	}()
	return c, nil
}

// firstLine waits for the first line on standard output. If the child ends instead, the error is what it said last.
func (c *child) firstLine(ctx context.Context) (string, error) {
	read := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c.stdout).ReadString('\n') // without a line the child has ended, which is seen below
		read <- line
	}()
	for {
		select {
		case line := <-read:
			if whole, ok := strings.CutSuffix(line, "\n"); ok {
				return whole, nil
			}
			read = nil
		case <-c.ended:
			return "", fmt.Errorf("%s ended at once (%w): %s", c.command.Path, c.err, c.stderr.last())
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for %s: %w", c.command.Path, context.Cause(ctx))
		}
	}
}

// stop ends the child's standard input, and kills the child when ctx ends before it does.
func (c *child) stop(ctx context.Context) error {
	select {
	case <-c.ended:
		return errors.Join(fmt.Errorf("%s had ended by itself (%v): %s", c.command.Path, c.err, c.stderr.last()), c.stdout.Close()) //nolint:errorlint // nil where it ended well
	default:
	}
	c.stopping.Store(true)
	_ = c.stdin.Close() // the child may be gone by now
	select {
	case <-c.ended:
	case <-ctx.Done():
		return errors.Join(fmt.Errorf("stopping %s: %w; killed it", c.command.Path, context.Cause(ctx)), c.kill())
	}
	if c.err != nil {
		return errors.Join(fmt.Errorf("stopping %s: %w: %s", c.command.Path, c.err, c.stderr.last()), c.stdout.Close())
	}
	return c.stdout.Close()
}

// kill ends the child at once, with its children.
func (c *child) kill() error {
	c.stopping.Store(true)
	_ = syscall.Kill(-c.command.Process.Pid, syscall.SIGKILL) // it may be gone
	<-c.ended
	return c.stdout.Close()
}

// lineLog logs each line written to it and remembers the last.
type lineLog struct {
	log *slog.Logger

	mu   sync.Mutex
	part strings.Builder
	line string
}

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p {
		if b != '\n' {
			l.part.WriteByte(b)
			continue
		}
		l.line = l.part.String()
		l.part.Reset()
		l.log.Warn("the server says", "text", l.line)
	}
	return len(p), nil
}

func (l *lineLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.line
}
