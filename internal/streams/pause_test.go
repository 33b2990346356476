package streams

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// pauses measures, over all instances, the longest time in which a partition had no input handled.
type pauses struct {
	mu      sync.Mutex
	last    []time.Time
	longest []time.Duration
}

func (p *pauses) verb(ctx goka.Context, msg any) schemas.Outcome {
	now := time.Now()
	p.mu.Lock()
	n := ctx.Partition()
	p.longest[n] = max(p.longest[n], now.Sub(p.last[n]))
	p.last[n] = now
	p.mu.Unlock()
	return addUp(ctx, msg)
}

// take returns the longest pauses since the last call, those that still last included.
func (p *pauses) take() []time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	longest := slices.Clone(p.longest)
	for n := range longest {
		longest[n] = max(longest[n], now.Sub(p.last[n])).Round(time.Millisecond)
	}
	clear(p.longest)
	return longest
}

// load writes 5,000 records a second to all partitions in turn, until the test ends.
func (b *bench) load(parts int32) {
	const every, each = 5 * time.Millisecond, 25
	cl := manual(b.t, b)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		began, sent := time.Now(), 0
		for ticker := time.NewTicker(every); ctx.Err() == nil; <-ticker.C {
			for due := int(time.Since(began)/every) * each; sent < due; sent++ { // what a late tick missed, too
				p := int32(sent) % parts
				cl.Produce(ctx, &kgo.Record{Topic: inTopic, Partition: p, Key: []byte{'k', byte('0' + p)}, Value: []byte(`{"Delta":1}`)}, nil)
			}
		}
	})
	b.t.Cleanup(func() { stop(); wg.Wait() })
}

// Under a steady load, partitions that stay are not held up by others that move, and those that move are soon back.
func TestPause_of_partitions_that_move(t *testing.T) {
	const parts = 8
	b := newBench(t, parts)
	b.cfg.SessionTimeout = DefaultConfig().SessionTimeout
	b.cfg.Metrics = NewMetrics(prometheus.NewRegistry())
	p := &pauses{last: make([]time.Time, parts), longest: make([]time.Duration, parts)}
	for n := range p.last {
		p.last[n] = time.Now()
	}
	run := func(instance string) (*Stage, func() error) {
		cfg := b.cfg
		cfg.Instance = instance
		s, err := New(cfg, adderGraph, p.verb, Options{})
		require.NoError(t, err)
		return s, b.start(s.Run)
	}
	b.load(parts)
	one, stopOne := run("one")
	b.eventually("runs", func() bool { return len(tasks(one)) == parts })
	time.Sleep(time.Second)
	p.take()
	time.Sleep(2 * time.Second)
	still := p.take()
	t.Logf("nothing moves: longest pauses %v", still)
	slack := slices.Max(still) // of a busy machine
	stayed := func(what string, longest []time.Duration, where map[int32]*task) (moved []time.Duration) {
		var stay []time.Duration
		for n, d := range longest {
			if where[int32(n)] != nil {
				stay = append(stay, d)
			} else {
				moved = append(moved, d)
			}
		}
		t.Logf("%s: partitions that stay %v, partitions that move %v", what, stay, moved)
		require.Less(t, slices.Max(stay), 500*time.Millisecond+4*slack)
		require.NotEmpty(t, moved)
		return moved
	}

	two, stopTwo := run("two")
	b.eventually("shared", func() bool { return len(tasks(one)) == parts/2 && len(tasks(two)) == parts/2 })
	time.Sleep(time.Second)
	moved := stayed("an instance is added", p.take(), tasks(one))
	require.Less(t, slices.Max(moved), 2*time.Second+10*slack)
	for _, st := range two.Status().Partitions {
		require.Positive(t, st.Pause)
		require.Less(t, st.Pause, 2*time.Second+10*slack)
		t.Logf("partition %d as its new owner reports it: %v", st.Partition, st.Pause.Round(time.Millisecond))
	}

	began := time.Now()
	require.NoError(t, stopTwo())
	left := time.Since(began)
	two, stopTwo = run("two")
	b.eventually("shared again", func() bool { return len(tasks(one)) == parts/2 && len(tasks(two)) == parts/2 })
	again := time.Since(began)
	time.Sleep(time.Second)
	moved = stayed("an instance is stopped and started", p.take(), tasks(one))
	t.Logf("it had left after %v and was back at work after %v", left.Round(time.Millisecond), again.Round(time.Millisecond))
	require.Less(t, slices.Max(moved), 2*time.Second+10*slack)
	require.Equal(t, 2, testutil.CollectAndCount(b.cfg.Metrics.pauses), "of partitions given and taken")
	require.NoError(t, stopTwo())
	require.NoError(t, stopOne())
}
