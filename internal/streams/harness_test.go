package streams

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
)

// bench is a broker with the topics of one test group, and a client to look into it.
type bench struct {
	t       *testing.T
	cluster *kfake.Cluster
	cfg     Config
	client  *kgo.Client
	admin   *kadm.Client
}

var inputOf = map[string]string{group: inTopic, "sum": outTopic}

const (
	inTopic  = "in"
	outTopic = "out"
	group    = "adder"
)

// newBench starts a broker, which may listen in a way of its own.
func newBench(t *testing.T, parts int32, listen ...func(network, addr string) (net.Listener, error)) *bench {
	t.Helper()
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(time.Second)}
	for _, fn := range listen {
		opts = append(opts, kfake.ListenFn(fn))
	}
	c, err := kfake.NewCluster(opts...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	cfg := DefaultConfig()
	cfg.Brokers = c.ListenAddrs()
	cfg.SessionTimeout = 3 * time.Second
	cfg.DrainTimeout = time.Second
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Instance = "one"
	specs := []TopicSpec{{Name: cfg.EpochsTopic, Partitions: 1, Replication: 1}}
	for _, name := range []string{inTopic, outTopic, group + "-table", "sum-table"} {
		specs = append(specs, TopicSpec{Name: name, Partitions: parts, Replication: 1})
	}
	_, err = Provision(t.Context(), cfg.Brokers, specs)
	require.NoError(t, err)
	cl, err := kgo.NewClient(kgo.SeedBrokers(cfg.Brokers...), kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)))
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	return &bench{t: t, cluster: c, cfg: cfg, client: cl, admin: kadm.NewClient(cl)}
}

// records is how many notes produce writes.
const records = 200

// produce writes notes of delta 1 under keys k0..k9, in order.
func (b *bench) produce() {
	b.t.Helper()
	recs := make([]*kgo.Record, records)
	for i := range records {
		key := fmt.Sprintf("k%d", i%10)
		v, err := jsonCodec[note]{}.Encode(note{ID: strconv.Itoa(i), Key: key, Delta: 1})
		require.NoError(b.t, err)
		recs[i] = &kgo.Record{Topic: inTopic, Key: []byte(key), Value: v}
	}
	require.NoError(b.t, b.client.ProduceSync(b.t.Context(), recs...).FirstErr())
}

// read returns all records of a topic up to its present end.
func (b *bench) read(topic string) []*kgo.Record {
	b.t.Helper()
	ends, err := b.admin.ListEndOffsets(b.t.Context(), topic)
	require.NoError(b.t, err)
	offsets := map[int32]kgo.Offset{}
	left := int64(0)
	for p, e := range ends[topic] {
		offsets[p] = kgo.NewOffset().AtStart()
		left += e.Offset
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...), kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}))
	require.NoError(b.t, err)
	defer cl.Close()
	var recs []*kgo.Record
	for left > 0 {
		cl.PollFetches(b.t.Context()).EachRecord(func(r *kgo.Record) {
			recs = append(recs, r)
			left--
		})
	}
	return recs
}

// committed returns the sum of the committed offsets of a group.
func (b *bench) committed(group string) (n int64) {
	b.t.Helper()
	cps, err := fetchCheckpoints(context.Background(), b.client, group, inputOf[group])
	require.NoError(b.t, err)
	for _, at := range cps {
		n += at.next
	}
	return n
}

// sums returns what a group table holds: per key the sum of its newest row.
func (b *bench) sums(table string) map[string]int {
	b.t.Helper()
	got := map[string]int{}
	for _, r := range b.read(table) {
		if r.Value == nil {
			delete(got, string(r.Key))
			continue
		}
		v, err := tallyCodec{}.Decode(r.Value)
		require.NoError(b.t, err)
		got[string(r.Key)] = v.(*tally).Sum
	}
	return got
}

func wantSums() map[string]int {
	want := map[string]int{}
	for i := range records {
		want[fmt.Sprintf("k%d", i%10)]++
	}
	return want
}

// addAndPass adds up per key and passes every note on.
func addAndPass(ctx goka.Context, msg any) (o schemas.Outcome) {
	o = addUp(ctx, msg)
	ctx.Emit(outTopic, ctx.Key(), &note{ID: msg.(*note).ID, Key: ctx.Key(), Delta: 1})
	return o
}

func adderGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup(group, goka.Input(inTopic, jsonCodec[note]{}, on), goka.Output(outTopic, jsonCodec[note]{}), goka.Persist(tallyCodec{}))
}

// sumGraph declares the stage behind adder: it adds up what adder passed on.
func sumGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup("sum", goka.Input(outTopic, jsonCodec[note]{}, on), goka.Persist(tallyCodec{}))
}

// runner is something that runs a group until its context ends: our stage, or goka as it is.
type runner func(ctx context.Context) error

func (b *bench) ours(graph func(goka.ProcessCallback) *goka.GroupGraph, verb Verb) runner {
	b.t.Helper()
	s, err := New(b.cfg, graph, verb, Options{})
	require.NoError(b.t, err)
	return s.Run
}

// plain is goka with its own settings, but for murmur2, the oldest offset and one replica, without which it could not
// run here at all.
func (b *bench) plain(graph func(goka.ProcessCallback) *goka.GroupGraph, verb Verb) runner {
	cfg := func() *sarama.Config {
		c := goka.DefaultConfig()
		c.Consumer.Offsets.Initial = sarama.OffsetOldest
		c.Consumer.Group.Session.Timeout = b.cfg.SessionTimeout
		c.Consumer.Group.Heartbeat.Interval = b.cfg.SessionTimeout / 10
		return c
	}
	tm := goka.NewTopicManagerConfig()
	tm.Table.Replication, tm.Stream.Replication = 1, 1
	return func(ctx context.Context) error {
		p, err := goka.NewProcessor(b.cfg.Brokers, graph(func(ctx goka.Context, msg any) { verb(ctx, msg) }),
			goka.WithHasher(murmur2.New), goka.WithLogger(gokaLog{b.cfg.Log}),
			goka.WithStorageBuilder(storage.MemoryBuilder()),
			goka.WithTopicManagerBuilder(goka.TopicManagerBuilderWithConfig(kafka.NewConfig("plain"), tm)),
			goka.WithConsumerSaramaBuilder(goka.SaramaConsumerBuilderWithConfig(cfg())),
			goka.WithProducerBuilder(goka.ProducerBuilderWithConfig(cfg())),
			goka.WithConsumerGroupBuilder(goka.ConsumerGroupBuilderWithConfig(cfg())))
		if err != nil {
			return err
		}
		return p.Run(ctx)
	}
}

// start runs r until the returned function is called, which returns what r returned.
func (b *bench) start(r runner) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r(ctx) }()
	var once bool
	stop = func() error {
		if once {
			return nil
		}
		once = true
		cancel()
		return <-done
	}
	b.t.Cleanup(func() { _ = stop() })
	return stop
}

func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	require.Eventually(b.t, ok, 20*time.Second, 20*time.Millisecond, what)
}

// null writes one record without a value.
func (b *bench) null() {
	b.t.Helper()
	require.NoError(b.t, b.client.ProduceSync(b.t.Context(), &kgo.Record{Topic: inTopic, Key: []byte("k")}).FirstErr())
}

// sizeCodec decodes to the size of the value, -1 for null.
type sizeCodec struct{}

func (sizeCodec) Encode(any) ([]byte, error) { return nil, nil }
func (sizeCodec) Decode(b []byte) (any, error) {
	if b == nil {
		return -1, nil
	}
	return len(b), nil
}

// listen accepts connections and reads from them.
func listen(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
	}()
	return l.Addr().String()
}
