package streams

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// healthyAfter is how long a processor must have run for the backoff to start from the beginning.
const healthyAfter = time.Minute

// crashWindow is the time within which Config.CrashLoop rebuilds are a crash loop.
const crashWindow = 10 * time.Minute

// isPermanent reports whether a rebuild cannot help: somebody has to look.
func isPermanent(err error) bool {
	return errors.Is(err, ErrInputLost) || errors.Is(err, ErrPartitions) || errors.Is(err, schemas.ErrHalt)
}

// isAway reports whether a broker could not be reached. That a stage cannot begin meanwhile is no crash, however often it
// tries; what it had begun has ended once.
func isAway(err error) bool {
	if _, closed := errors.AsType[*kgo.ErrFirstReadEOF](err); closed {
		return true
	}
	failed, ok := errors.AsType[*net.OpError](err)
	if !ok {
		return false
	}
	switch failed.Op {
	case "dial":
		return true
	case "read", "write":
		return failed.Timeout() || slices.ContainsFunc(cutOff, func(e error) bool { return errors.Is(failed, e) })
	}
	return false
}

// cutOff are errors of a connection whose other end, or the way there, is gone.
var cutOff = []error{io.EOF, net.ErrClosed, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.ENETDOWN}

// Run keeps the group going until ctx ends: a processor that ends for any reason is built anew after a pause that grows
// from BackoffMin to BackoffMax. What a rebuild cannot help (ErrInputLost, ErrPartitions, schemas.ErrHalt) stops the group: it stays in
// state Failed, and does nothing, until ctx ends. Run returns ErrFenced if the process must end because another has its
// place, and nil when ctx has ended; the last session is then drained and committed.
func (s *Stage) Run(ctx context.Context) (err error) {
	defer func() {
		s.calmDown()
		s.health.set(Stopped)
		err = errors.Join(err, s.keeper.close())
	}()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = s.cfg.BackoffMin, s.cfg.BackoffMax
	for {
		began := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrFenced) {
			s.cfg.Log.ErrorContext(ctx, "stage replaced by another process", "group", s.name, "err", err)
			return err
		}
		if isPermanent(err) {
			s.health.failed(err, Failed)
			s.cfg.Metrics.group(s.name).stopped(true)
			s.cfg.Log.ErrorContext(ctx, "stage stopped: it needs somebody to look", "group", s.name, "err", err)
			<-ctx.Done()
			return nil
		}
		if time.Since(began) > healthyAfter {
			pause.Reset()
		}
		wait := pause.NextBackOff()
		s.health.failed(err, Waiting)
		s.cfg.Metrics.group(s.name).rebuilt()
		if s.tellLooping() {
			s.cfg.Log.ErrorContext(ctx, "stage is in a crash loop", "group", s.name, "rebuilds", s.cfg.CrashLoop, "within", crashWindow, "in", wait, "err", err)
		} else {
			s.cfg.Log.WarnContext(ctx, "rebuilding stage", "group", s.name, "in", wait, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// tellLooping reports whether the stage is in a crash loop and keeps the gauge true, also when it ends by itself.
func (s *Stage) tellLooping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	looping, rest := s.health.looping(s.cfg.CrashLoop)
	s.cfg.Metrics.group(s.name).loops(looping)
	if s.calm != nil {
		s.calm.Stop()
	}
	if looping {
		s.calm = time.AfterFunc(rest, func() { s.tellLooping() })
	}
	return looping
}

// calmDown ends what tellLooping has begun: a stage that has ended loops no more.
func (s *Stage) calmDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calm != nil {
		s.calm.Stop()
		s.calm = nil
	}
	s.cfg.Metrics.group(s.name).loops(false)
}
