package consume

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

const prefix = "try-"

// world is a Kafka of the test's own, what was put into its topic, and what consumers made of it.
type world struct {
	*kfake.Cluster
	t      *testing.T
	codecs *schemas.Codecs
	client *kgo.Client
	log    testbuffer.Buffer

	mu      sync.Mutex
	want    schemas.Accounting
	wanted  map[string]bool // what must be handled: "partition/offset post"
	next    []int64
	handled map[string]int // how often
}

func newWorld(t *testing.T, partitions int) *world {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	for _, topic := range topology.Topics() {
		if topic.Name == string(topology.Activity) || topic.Name == string(topology.ActivityDLQ) {
			require.NoError(t, cluster.CreateTopic(prefix+topic.Name, int32(partitions), topic.Config()))
		}
	}
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return &world{Cluster: cluster, t: t, codecs: codecs, client: client, wanted: map[string]bool{}, next: make([]int64, partitions), handled: map[string]int{}}
}

// produce appends n records to each partition: every third is a like, to be passed over, every tenth nobody can read.
func (w *world) produce(n int) {
	w.t.Helper()
	var records []*kgo.Record
	for p := range w.next {
		for range n {
			offset := w.next[p]
			w.next[p]++
			post := fmt.Sprintf("p%d-%d", p, offset)
			value := []byte("poison")
			if offset%10 == 7 {
				w.want.Count(schemas.Dead)
			} else {
				action := engagement.View
				if offset%3 == 0 {
					action = engagement.Like
					w.want.Count(schemas.Skipped)
				} else {
					w.want.Count(schemas.Applied)
					w.wanted[name(int32(p), offset, post)] = true
				}
				var err error
				value, err = w.codecs.Activity.Encode(&schemas.Activity{Event: schemas.Event{EventID: "e", EventTime: 1, UserID: "u", PostID: post, Action: action}})
				require.NoError(w.t, err)
			}
			records = append(records, &kgo.Record{Topic: prefix + string(topology.Activity), Partition: int32(p), Key: []byte("u"), Value: value})
		}
	}
	require.NoError(w.t, w.client.ProduceSync(context.Background(), records...).FirstErr())
}

func name(partition int32, offset int64, post string) string {
	return fmt.Sprintf("%d/%d %s", partition, offset, post)
}

// handle notes what was handled.
func (w *world) handle(batch []Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range batch {
		w.handled[name(r.Partition, r.Offset, r.Value.(*schemas.Activity).PostID)]++
	}
}

// repeats is how many records were handled again.
func (w *world) repeats() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, times := range w.handled {
		n += times - 1
	}
	return n
}

// running is a consumer at work, which may be cut off its network.
type running struct {
	*Consumer
	t       *testing.T
	stop    context.CancelFunc
	stopped chan struct{}

	mu    sync.Mutex
	gone  bool
	conns []net.Conn
}

func (r *running) Dial(kind, addr string) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil, &net.OpError{Op: "dial", Net: kind, Err: net.ErrClosed}
	}
	conn, err := net.DialTimeout(kind, addr, 5*time.Second)
	if err == nil {
		r.conns = append(r.conns, conn)
	}
	return conn, err
}

// kill ends the consumer as SIGKILL would: from now on nothing it does gets anywhere.
func (r *running) kill() {
	r.mu.Lock()
	r.gone = true
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.stop()
}

// start starts a consumer that handles views.
func (w *world) start(handle func(r *running, batch []Record) error) *running {
	w.t.Helper()
	r := &running{t: w.t, stopped: make(chan struct{})}
	c, err := New(Config{
		Brokers: w.ListenAddrs(), ClientID: "test", Prefix: prefix, Group: "seen", Topic: string(topology.Activity), DeadLetters: string(topology.ActivityDLQ),
		MaxBatch: 20, MaxWait: 10 * time.Millisecond, RetryMin: 5 * time.Millisecond, RetryMax: 50 * time.Millisecond,
		SessionTimeout: time.Second, DrainTimeout: time.Second,
	}, Work{
		Judge: func(value any) (bool, *schemas.Unreadable) {
			return value.(*schemas.Activity).Action == engagement.View, nil
		},
		Handle: func(_ context.Context, batch []Record) error { return handle(r, batch) },
	}, Deps{Records: w.codecs.Activity, DeadLetters: w.codecs.DeadLetters, Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	require.NoError(w.t, err)
	c.tune = func(s *sarama.Config) {
		s.Net.Proxy.Enable, s.Net.Proxy.Dialer = true, r
		s.Metadata.Retry.Max, s.Metadata.Retry.Backoff = 3, 10*time.Millisecond
		s.Consumer.Group.Rebalance.Retry.Backoff = 10 * time.Millisecond
		s.Consumer.MaxWaitTime = 10 * time.Millisecond
	}
	r.Consumer = c
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() {
		defer close(r.stopped)
		if err := c.Run(ctx); err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}()
	w.t.Cleanup(func() { r.kill(); <-r.stopped })
	return r
}

// end stops the consumer as SIGTERM would.
func (r *running) end() {
	r.stop()
	<-r.stopped
	require.Equal(r.t, commits.StateStopped, r.Status().State)
}

// account returns what the group has committed.
func (w *world) account() (a schemas.Accounting) {
	w.t.Helper()
	offsets, err := kadm.NewClient(w.client).FetchOffsets(w.t.Context(), prefix+"seen")
	if errors.Is(err, kerr.GroupIDNotFound) {
		return a // nobody has joined yet
	}
	require.NoError(w.t, err)
	for _, o := range offsets[prefix+string(topology.Activity)] {
		meta, err := schemas.DecodeCommitMeta(o.Metadata)
		require.NoError(w.t, err)
		if o.At == 1000 { // of a topic that is no more
			continue
		}
		require.Equal(w.t, o.At, meta.Accounting.In)
		a.Add(meta.Accounting)
	}
	return a
}

// requireAll waits until everything is committed and compares what was handled with what had to be.
func (w *world) requireAll() {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); w.account().In != w.want.In; time.Sleep(20 * time.Millisecond) {
		require.True(w.t, time.Now().Before(end), "%+v of %+v\n%s", w.account(), w.want, &w.log)
	}
	require.Equal(w.t, w.want, w.account())
	w.mu.Lock()
	defer w.mu.Unlock()
	got := map[string]bool{}
	for name := range w.handled {
		got[name] = true
	}
	require.Equal(w.t, w.wanted, got)
}

// letters returns the records that dead letters are about.
func (w *world) letters() map[string]int {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.ListenAddrs()...), kgo.ConsumeTopics(prefix+string(topology.ActivityDLQ)), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	require.NoError(w.t, err)
	defer client.Close()
	about := map[string]int{}
	for int64(len(about)) < w.want.Dead {
		fetched := client.PollFetches(w.t.Context())
		require.NoError(w.t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) {
			value, err := w.codecs.DeadLetters.Decode(r.Value)
			require.NoError(w.t, err)
			d := value.(*schemas.DeadLetter)
			require.Equal(w.t, "seen", d.Stage)
			require.Equal(w.t, "poison", string(d.Value))
			require.Equal(w.t, prefix+string(topology.Activity), d.Topic)
			about[fmt.Sprintf("%d/%d", d.Partition, d.Offset)]++
		})
	}
	return about
}

// deleteBefore removes the records before an offset of partition 0, as retention does.
func (w *world) deleteBefore(offset int64) {
	w.t.Helper()
	var offsets kadm.Offsets
	offsets.AddOffset(prefix+string(topology.Activity), 0, offset, -1)
	_, err := kadm.NewClient(w.client).DeleteRecords(w.t.Context(), offsets)
	require.NoError(w.t, err)
}
