package clickhouse

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
)

// network lets a sink be cut off.
type network struct {
	mu    sync.Mutex
	gone  bool
	conns []net.Conn
}

func (n *network) Dial(kind, addr string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.gone {
		return nil, &net.OpError{Op: "dial", Net: kind, Err: errors.New("no network")}
	}
	c, err := net.DialTimeout(kind, addr, 5*time.Second)
	if err == nil {
		n.conns = append(n.conns, c)
	}
	return c, err
}

func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.gone = true
	for _, c := range n.conns {
		_ = c.Close()
	}
}

// running is a sink at work.
type running struct {
	*Sink
	t       *testing.T
	net     *network
	cancel  context.CancelFunc
	stopped chan struct{}
	err     error
}

// startSink starts a sink; alter may change it first.
func (b *broker) startSink(table Table, alter ...func(*running)) *running {
	b.t.Helper()
	cfg := DefaultSinkConfig()
	cfg.Brokers, cfg.Prefix = b.ListenAddrs(), prefix
	cfg.BatchRecords, cfg.BatchAge = 200, 20*time.Millisecond
	cfg.RetryMin, cfg.RetryMax = 5*time.Millisecond, 50*time.Millisecond
	cfg.SessionTimeout, cfg.DrainTimeout = 2*time.Second, 2*time.Second
	s, err := NewSink(PostEvents, cfg, Deps{Table: table, Records: b.codecs.EnrichedEvents, DeadLetters: b.codecs.DeadLetters, Log: slog.New(slog.NewTextHandler(&b.log, nil))})
	require.NoError(b.t, err)
	r := &running{Sink: s, t: b.t, net: &network{}, stopped: make(chan struct{})}
	r.tune = func(c *sarama.Config) {
		c.Net.Proxy.Enable, c.Net.Proxy.Dialer = true, r.net
		c.Metadata.Retry.Max, c.Metadata.Retry.Backoff = 3, 10*time.Millisecond
		c.Consumer.Group.Rebalance.Retry.Backoff = 10 * time.Millisecond
		c.Consumer.MaxWaitTime = 10 * time.Millisecond
	}
	for _, a := range alter {
		a(r)
	}
	b.sinks = append(b.sinks, r)
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() {
		r.err = s.Run(ctx)
		close(r.stopped)
	}()
	b.t.Cleanup(func() { r.net.cut(); r.cancel(); <-r.stopped })
	return r
}

// stop ends the sink as SIGTERM would.
func (r *running) stop() {
	r.t.Helper()
	r.cancel()
	select {
	case <-r.stopped:
		require.NoError(r.t, r.err)
	case <-time.After(10 * time.Second):
		require.Fail(r.t, "the sink does not stop")
	}
}

// kill ends the sink as SIGKILL would: from now on nothing it does gets anywhere.
func (r *running) kill() { r.net.cut(); r.cancel() }

// briefly makes a sink that is killed give up what it can no longer do.
func briefly(s *running) { s.cfg.DrainTimeout = 50 * time.Millisecond }

// steps lets a test act before and after each step of a sink that reaches outside. An error stops the step.
type steps struct {
	Table
	at func(step string, b *Block) error
}

const (
	beforeAnnounce = "before announcing"
	afterAnnounce  = "after announcing"
	beforeInsert   = "before an insert"
	afterInsert    = "after an insert"
	beforeCommit   = "before committing"
	afterCommit    = "after committing"
)

// stepping makes a sink take its steps through at.
func stepping(at func(step string, b *Block) error) func(*running) {
	return func(s *running) {
		s.deps.Table = &steps{s.deps.Table, at}
		s.ledger = func(m *membership) ledger { return steppingLedger{m, at} }
	}
}

func (s *steps) Insert(ctx context.Context, b *Block) error {
	if err := s.at(beforeInsert, b); err != nil {
		return err
	}
	if err := s.Table.Insert(ctx, b); err != nil {
		return err
	}
	return s.at(afterInsert, b)
}

type steppingLedger struct {
	*membership
	at func(step string, b *Block) error
}

// stubborn makes a sink ask the coordinator even if its own session is over, as a process does that was frozen and has
// not noticed yet. It counts the refusals.
func stubborn(refused *atomic.Int64) func(*running) {
	return func(s *running) {
		wrapped := s.ledger
		s.ledger = func(m *membership) ledger { return stubbornLedger{wrapped(m), refused} }
	}
}

type stubbornLedger struct {
	ledger
	refused *atomic.Int64
}

func (l stubbornLedger) commit(ctx context.Context, at checkpoint) error {
	err := l.ledger.commit(context.WithoutCancel(ctx), at)
	if errors.Is(err, commits.ErrRefused) {
		l.refused.Add(1)
	}
	return err
}

func (l steppingLedger) commit(ctx context.Context, at checkpoint) error {
	before, after := beforeCommit, afterCommit
	if at.meta.Announced != nil {
		before, after = beforeAnnounce, afterAnnounce
	}
	if err := l.at(before, nil); err != nil {
		return err
	}
	if err := l.membership.commit(ctx, at); err != nil {
		return err
	}
	return l.at(after, nil)
}
