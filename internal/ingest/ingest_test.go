package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/rcrowley/go-metrics.(*meterArbiter).tick")) // it never stops its ticker
}

const (
	topic      = "events"
	partitions = 4
)

// broker is a fake one whose answers to producers can be held back and changed.
type broker struct {
	*kfake.Cluster
	produces atomic.Int32
	held     atomic.Pointer[chan struct{}] // requests wait for its end
	answer   atomic.Pointer[kerr.Error]    // instead of being written
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(partitions, topic))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	b := &broker{Cluster: cluster}
	cluster.ControlKey(int16(kmsg.Produce), func(r kmsg.Request) (kmsg.Response, error, bool) {
		b.KeepControl()
		b.produces.Add(1)
		if held := b.held.Load(); held != nil {
			cluster.SleepControl(func() { <-*held })
		}
		refusal := b.answer.Load()
		if refusal == nil {
			return nil, nil, false
		}
		request := r.(*kmsg.ProduceRequest)
		answer := request.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range request.Topics {
			at := kmsg.NewProduceResponseTopic()
			at.Topic = t.Topic
			for _, p := range t.Partitions {
				of := kmsg.NewProduceResponseTopicPartition()
				of.Partition, of.ErrorCode = p.Partition, refusal.Code
				at.Partitions = append(at.Partitions, of)
			}
			answer.Topics = append(answer.Topics, at)
		}
		return answer, nil, true
	})
	return b
}

// hold keeps answers back until the function it returns is called.
func (b *broker) hold() (release func()) {
	held := make(chan struct{})
	b.held.Store(&held)
	return sync.OnceFunc(func() { b.held.Store(nil); close(held) })
}

// written returns how often each event id is in the topic, and checks keys and partitions.
func (b *broker) written(t *testing.T) map[string]int {
	t.Helper()
	client, err := kafka.Dial(b.ListenAddrs(), "test")
	require.NoError(t, err)
	defer client.Close()
	found := map[string]int{}
	for p := range int32(partitions) {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, topic, p, func(m *sarama.ConsumerMessage) error {
			event, bad := schemas.DecodeEventJSON(m.Value)
			require.Nil(t, bad)
			require.Equal(t, event.Key(), string(m.Key))
			require.Equal(t, p, murmur2.Partition(m.Key, partitions))
			found[event.EventID]++
			return nil
		}))
	}
	return found
}

// run runs a sender until the test ends, or the function it returns is called.
func run(t *testing.T, b *broker, alter func(*Config)) (s *Sender, m *Metrics, stop func()) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Timeout = 300 * time.Millisecond
	alter(&cfg)
	require.NoError(t, cfg.Validate())
	m = NewMetrics(prometheus.NewRegistry())
	s = New(cfg, Target{b.ListenAddrs(), "test", topic}, m, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); require.NoError(t, <-done) })
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return s.Send(t.Context(), events(t, "warm-up", 1)) == nil }, 10*time.Second, time.Millisecond)
	return s, m, stop
}

func events(t *testing.T, name string, n int) []*schemas.Event {
	t.Helper()
	var all []*schemas.Event
	for i := range n {
		event, bad := schemas.DecodeEventJSON(fmt.Appendf(nil, `{"event_id":"%s-%d","ts":1420070400000,"user_id":"u%d","post_id":"p","action":"view"}`, name, i, i))
		require.Nil(t, bad)
		all = append(all, event)
	}
	return all
}

func waiting(m *Metrics) float64 { return testutil.ToFloat64(m.queued) }

func TestSend_returns_when_all_is_written(t *testing.T) {
	b := newBroker(t)
	s, m, _ := run(t, b, func(*Config) {})
	require.NoError(t, s.Send(t.Context(), events(t, "a", 500)))
	found := b.written(t)
	delete(found, "warm-up-0")
	require.Len(t, found, 500)
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
	require.Zero(t, waiting(m))
	require.NoError(t, s.Send(t.Context(), nil))
}

func TestSend_gives_up_in_time(t *testing.T) {
	b := newBroker(t)
	s, m, _ := run(t, b, func(*Config) {})
	release := b.hold()
	defer release()
	begin := time.Now()
	err := s.Send(t.Context(), events(t, "late", 3))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, time.Since(begin), 3*time.Second)
	require.Equal(t, 3.0, waiting(m), "Kafka may write them yet")

	release()
	require.NoError(t, s.Send(t.Context(), events(t, "next", 1)))
	require.Eventually(t, func() bool { return waiting(m) == 0 }, 10*time.Second, time.Millisecond)
	for id, n := range b.written(t) {
		require.Equal(t, 1, n, id)
	}
}

// TestSend_never_sends_what_nobody_waits_for has a request behind one that Kafka does not answer.
func TestSend_never_sends_what_nobody_waits_for(t *testing.T) {
	b := newBroker(t)
	s, m, _ := run(t, b, func(*Config) {})
	release := b.hold()
	defer release()
	const requests = 1500 // of 20 kB: far more than a producer has under way
	large := strings.Repeat("x", 20_000)
	var failed atomic.Int32
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			event, bad := schemas.DecodeEventJSON(fmt.Appendf(nil, `{"event_id":"r%d","ts":1,"user_id":"u%d","post_id":"p","action":"view","x":%q}`, i, i, large))
			if bad == nil && errors.Is(s.Send(t.Context(), []*schemas.Event{event}), ErrUnavailable) {
				failed.Add(1)
			}
		})
	}
	wg.Wait()
	require.Equal(t, int32(requests), failed.Load(), "the fault has to fire")
	release()
	require.Eventually(t, func() bool { return waiting(m) == 0 }, 20*time.Second, time.Millisecond)
	found := b.written(t)
	require.Less(t, len(found), requests, "some had not left the queue")
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
}

func TestSend_waits_for_room(t *testing.T) {
	b := newBroker(t)
	s, m, _ := run(t, b, func(c *Config) { c.Queue, c.MaxEvents, c.Timeout = 10, 10, 5*time.Second })
	release := b.hold()
	defer release()
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- s.Send(t.Context(), events(t, "first", 10)) }()
	require.Eventually(t, func() bool { return waiting(m) == 10 }, 5*time.Second, time.Millisecond)

	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := s.Send(short, events(t, "refused", 1))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "waiting for room")

	go func() { second <- s.Send(t.Context(), events(t, "second", 10)) }()
	select {
	case err := <-second:
		require.Fail(t, "there was no room", "%v", err)
	case <-time.After(100 * time.Millisecond):
	}
	release()
	require.NoError(t, <-first)
	require.NoError(t, <-second)
	require.NotContains(t, b.written(t), "refused-0")
}

func TestSend_outlasts_a_broker_that_cannot_write(t *testing.T) {
	b := newBroker(t)
	s, _, _ := run(t, b, func(c *Config) { c.Timeout = 20 * time.Second })
	b.answer.Store(kerr.NotEnoughReplicas)
	sent := make(chan error, 1)
	before := b.produces.Load()
	go func() { sent <- s.Send(t.Context(), events(t, "a", 10)) }()
	require.Eventually(t, func() bool { return b.produces.Load() >= before+3 }, 10*time.Second, time.Millisecond, "it is tried again")
	b.answer.Store(nil)
	require.NoError(t, <-sent)
	found := b.written(t)
	require.Len(t, found, 11)
	for id, n := range found {
		require.Equal(t, 1, n, id)
	}
}

// TestSend_refused_for_good has Kafka refuse what no repeat can make right; what comes after is written.
func TestSend_refused_for_good(t *testing.T) {
	b := newBroker(t)
	s, m, _ := run(t, b, func(c *Config) { c.Timeout = 10 * time.Second })
	b.answer.Store(kerr.TopicAuthorizationFailed)
	err := s.Send(t.Context(), events(t, "a", 10))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "not authorized")
	b.answer.Store(nil)
	require.Eventually(t, func() bool { return s.Send(t.Context(), events(t, "b", 10)) == nil }, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return waiting(m) == 0 }, 10*time.Second, time.Millisecond)
	found := b.written(t)
	for i := range 10 {
		require.Equal(t, 1, found[fmt.Sprint("b-", i)])
	}
}

func TestRun_finishes_what_is_under_way(t *testing.T) {
	b := newBroker(t)
	s, m, stop := run(t, b, func(c *Config) { c.Timeout = 5 * time.Second })
	release := b.hold()
	defer release()
	sent := make(chan error, 1)
	go func() { sent <- s.Send(t.Context(), events(t, "a", 100)) }()
	require.Eventually(t, func() bool { return waiting(m) == 100 }, 5*time.Second, time.Millisecond)
	time.AfterFunc(100*time.Millisecond, release)
	stop()
	require.NoError(t, <-sent)
	require.Len(t, b.written(t), 101)
	err := s.Send(t.Context(), events(t, "after", 1))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "stopping")
}

func TestRun_ends_without_Kafka(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Timeout = 50 * time.Millisecond
	s := New(cfg, Target{[]string{"127.0.0.1:1"}, "test", topic}, nil, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	require.ErrorIs(t, s.Send(t.Context(), events(t, "a", 1)), ErrUnavailable)
	cancel()
	require.NoError(t, <-done)
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"queue must":  func(c *Config) { c.Queue = c.MaxEvents - 1 },
		"queue_bytes": func(c *Config) { c.QueueBytes = c.MaxBytes - 1 },
		"timeout":     func(c *Config) { c.Timeout = 0 },
		"max_events":  func(c *Config) { c.MaxEvents = 0 },
		"max_bytes":   func(c *Config) { c.MaxBytes = 1 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "ingest: "+field)
	}
}
