package process

import (
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

// Process is one program and, while it runs, its process. Its methods are for one goroutine.
type Process struct {
	Name  string                                      // for messages
	Log   string                                      // path of the file that its output is appended to
	New   func(context.Context) *exec.Cmd             // how to start it; SIGKILL ends it with this process unless it says otherwise
	Ready func(ctx context.Context, said []byte) bool // whether it is, from what it said since its start
	Grace os.Signal                                   // asks it to end; nil for SIGTERM

	command *exec.Cmd     // nil if it was not started or we ended it
	ended   chan struct{} // closed when the process is gone
	err     error         // how it ended, after that
}

// Start starts the process and waits until it is ready. It is an error if it was started already.
func (p *Process) Start(ctx context.Context) error {
	if p.Started() {
		return fmt.Errorf("%s was started already", p.Name)
	}
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	defer log.Close()
	before, err := log.Stat()
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	// The test's context ends before the test's clean-up does, which may still need the process.
	command := p.New(context.WithoutCancel(ctx))
	command.Stdout, command.Stderr = log, log
	if command.SysProcAttr == nil {
		command.SysProcAttr = &syscall.SysProcAttr{}
	}
	if command.SysProcAttr.Pdeathsig == 0 {
		command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.Name, err)
	}
	ended := make(chan struct{})
	p.command, p.ended = command, ended
	go func() {
		p.err = command.Wait()
		close(ended)
	}()
	return p.waitUntilReady(ctx, before.Size())
}

// waitUntilReady asks Ready with what is in the log from an offset on.
func (p *Process) waitUntilReady(ctx context.Context, from int64) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		log, err := os.ReadFile(p.Log)
		if err != nil {
			return fmt.Errorf("reading what %s says: %w", p.Name, err)
		}
		if p.Ready(ctx, log[from:]) {
			return nil
		}
		select {
		case <-p.ended:
			return p.Kill() // says that it ended by itself
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("waiting for %s: %w; it said:\n%s", p.Name, context.Cause(ctx), p.Tail()), p.Kill())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Started says whether it was started and not ended by us.
func (p *Process) Started() bool { return p.command != nil }

// PID returns its id while it is started.
func (p *Process) PID() int { return p.command.Process.Pid }

// Kill ends it at once, by SIGKILL. It is an error if it does not run.
func (p *Process) Kill() error { return p.end(syscall.SIGKILL) }

// Stop asks it to end and waits, a minute at most. It is an error if it does not run.
func (p *Process) Stop() error {
	if p.Grace != nil {
		return p.end(p.Grace)
	}
	return p.end(syscall.SIGTERM)
}

// end signals and waits. It is an error if the process is gone already.
func (p *Process) end(signal os.Signal) error {
	if !p.Started() {
		return fmt.Errorf("%s does not run", p.Name)
	}
	command := p.command
	p.command = nil
	select {
	case <-p.ended:
		return fmt.Errorf("%s ended by itself (%w); it said:\n%s", p.Name, p.err, p.Tail())
	default:
	}
	_ = command.Process.Signal(signal) // it may be gone by now
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopLimit):
	}
	_ = command.Process.Kill()
	<-p.ended
	return fmt.Errorf("%s did not end within %s and was killed; it said:\n%s", p.Name, stopLimit, p.Tail())
}

// Tail returns the end of the log without what tells only where in Java code it was.
func (p *Process) Tail() string {
	log, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	lines := slices.DeleteFunc(strings.SplitAfter(string(log), "\n"), func(l string) bool { return strings.HasPrefix(l, "\tat ") })
	return strings.Join(lines[max(0, len(lines)-tailLines):], "")
}

// Keep copies the log into dir.
func (p *Process) Keep(dir string) error {
	log, err := os.ReadFile(p.Log)
	if err != nil {
		return fmt.Errorf("keeping what %s said: %w", p.Name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(p.Log)), log, 0o644); err != nil {
		return fmt.Errorf("keeping what %s said: %w", p.Name, err)
	}
	return nil
}
