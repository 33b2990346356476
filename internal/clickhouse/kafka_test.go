package clickhouse

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/pprof"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// The names in Kafka. The sink of the tests shares its cluster with others.
const (
	prefix        = "try-"
	activityTopic = prefix + string(topology.EnrichedEvents)
	lettersTopic  = prefix + string(topology.EnrichedDLQ)
	groupName     = prefix + topology.PostEventsSink
)

// registrar gives every schema the next id and forgets it.
type registrar struct{ ids int }

func (r *registrar) Register(context.Context, string, string) (int, error) {
	r.ids++
	return r.ids, nil
}

func (r *registrar) Schema(context.Context, int) (string, error) {
	return "", schemas.ErrSchemaNotFound
}

// broker is a Kafka of the test's own, and a recount of what was put into topic enriched-events.
type broker struct {
	*kfake.Cluster
	t      *testing.T
	codecs *schemas.Codecs
	client *kgo.Client
	sinks  []*running
	log    testbuffer.Buffer // what sinks say; not the test's own log, because a sink that is cut off may speak after the test's end

	mu      sync.Mutex
	rng     *rand.Rand
	sent    [][]any // by partition: *schemas.EnrichedEvent, or []byte that is none
	origins []int64 // by partition: next origin of the upstream partition of that number
}

func startBroker(t *testing.T, partitions int) *broker {
	t.Helper()
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.GroupMinSessionTimeout(100*time.Millisecond),
	)
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	for _, topic := range topology.Topics() {
		if slices.Contains([]string{activityTopic, lettersTopic}, prefix+topic.Name) {
			require.NoError(t, cluster.CreateTopic(prefix+topic.Name, int32(partitions), topic.Config()))
		}
	}
	codecs, err := schemas.NewCodecs(t.Context(), &registrar{})
	require.NoError(t, err)
	return &broker{
		Cluster: cluster, t: t, codecs: codecs, client: newProducer(t, cluster),
		rng: rand.New(rand.NewPCG(1, 2)), sent: make([][]any, partitions), origins: make([]int64, partitions),
	}
}

// newProducer returns a client that sends where it is told.
func newProducer(t *testing.T, cluster *kfake.Cluster) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// produce appends n records to each partition: mostly what the upstream stage makes of its next inputs, some of it
// repeated from earlier on as after a crash of that stage, now and then bytes nobody can read.
func (b *broker) produce(n int) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var records []*kgo.Record
	for p := range b.sent {
		for range n {
			var value []byte
			switch draw := b.rng.IntN(50); draw {
			case 0:
				value = []byte(fmt.Sprintf("poison %d", len(b.sent[p])))
				b.sent[p] = append(b.sent[p], value)
			default:
				if draw == 1 {
					b.origins[p] = max(0, b.origins[p]-b.rng.Int64N(10))
				}
				a := upstreamOutput(int32(p), b.origins[p])
				b.origins[p]++
				var err error
				value, err = b.codecs.EnrichedEvents.Encode(a)
				require.NoError(b.t, err)
				b.sent[p] = append(b.sent[p], a)
			}
			records = append(records, &kgo.Record{Topic: activityTopic, Partition: int32(p), Key: []byte("u:p"), Value: value})
		}
	}
	require.NoError(b.t, b.client.ProduceSync(context.Background(), records...).FirstErr())
}

// upstreamOutput is what the stage before makes of its input at that offset: the same each time.
func upstreamOutput(partition int32, offset int64) *schemas.EnrichedEvent {
	rng := rand.New(rand.NewPCG(uint64(partition), uint64(offset)))
	at := december + rng.Int64N(1000)
	if rng.IntN(3) == 0 {
		at = november - rng.Int64N(1000)
	}
	a := activity(fmt.Sprintf("%d/%d", partition, offset), at, from(partition, offset))
	a.PostID, a.Action = fmt.Sprint("p", rng.IntN(20)), engagement.Action(1+rng.IntN(5))
	return a
}

// total is how many records were produced.
func (b *broker) total() (n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, records := range b.sent {
		n += int64(len(records))
	}
	return n
}

// recount says, from what was produced, which events must be in the table and what became of each record.
func (b *broker) recount() (events map[string]int, byMonthAndPost map[string]int, poison map[string]bool, account schemas.Accounting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, byMonthAndPost, poison = map[string]int{}, map[string]int{}, map[string]bool{}
	for p, records := range b.sent {
		for offset, r := range records {
			account.In++
			a, ok := r.(*schemas.EnrichedEvent)
			switch {
			case !ok:
				account.Dead++
				poison[fmt.Sprintf("%d/%d", p, offset)] = true
			case events[a.EventID] > 0:
				account.Replay++
			default:
				account.Applied++
				events[a.EventID] = 1
				byMonthAndPost[time.UnixMilli(a.EventTime).UTC().Format("200601")+" "+a.PostID]++
			}
		}
	}
	return events, byMonthAndPost, poison, account
}

// letters returns where the records lay whose letters are in the dead-letter topic.
func (b *broker) letters() map[string]bool {
	b.t.Helper()
	found := map[string]bool{}
	for _, l := range b.readLetters() {
		require.Equal(b.t, b.sent[l.Partition][l.Offset], l.Value)
		require.Equal(b.t, []byte("u:p"), l.Key)
		require.Equal(b.t, schemas.ReasonNotAFormat, l.Reason)
		require.Equal(b.t, activityTopic, l.Topic)
		require.Equal(b.t, topology.PostEventsSink, l.Stage)
		found[fmt.Sprintf("%d/%d", l.Partition, l.Offset)] = true
	}
	return found
}

// readLetters returns what is in the dead-letter topic.
func (b *broker) readLetters() (letters []*schemas.DeadLetter) {
	b.t.Helper()
	left := int64(0)
	offsets := map[string]map[int32]kgo.Offset{lettersTopic: {}}
	for _, info := range b.PartitionInfos(lettersTopic) {
		offsets[lettersTopic][info.Partition] = kgo.NewOffset().AtStart()
		left += info.HighWatermark
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.ListenAddrs()...), kgo.ConsumePartitions(offsets))
	require.NoError(b.t, err)
	defer reader.Close()
	for left > 0 {
		fetched := reader.PollFetches(b.t.Context())
		require.NoError(b.t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) {
			left--
			decoded, err := b.codecs.DeadLetters.Decode(r.Value)
			require.NoError(b.t, err)
			l, ok := decoded.(*schemas.DeadLetter)
			require.True(b.t, ok)
			letters = append(letters, l)
		})
	}
	return letters
}

// send appends activities to partition 0.
func (b *broker) send(activities ...*schemas.EnrichedEvent) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	records := make([]*kgo.Record, len(activities))
	for i, a := range activities {
		value, err := b.codecs.EnrichedEvents.Encode(a)
		require.NoError(b.t, err)
		records[i] = &kgo.Record{Topic: activityTopic, Key: []byte("u:p"), Value: value}
		b.sent[0] = append(b.sent[0], a)
	}
	require.NoError(b.t, b.client.ProduceSync(context.Background(), records...).FirstErr())
}

// committed returns what the group has committed, by partition.
func (b *broker) committed() map[int32]checkpoint {
	b.t.Helper()
	found := map[int32]checkpoint{}
	info := b.GroupInfo(groupName)
	if info == nil {
		return found
	}
	for p, c := range info.Commits[activityTopic] {
		meta, err := schemas.DecodeCommitMeta(c.Metadata)
		require.NoError(b.t, err)
		found[p] = checkpoint{c.Offset, meta}
	}
	return found
}

// members returns the ids of the members of the group.
func (b *broker) members() (ids []string) {
	if info := b.GroupInfo(groupName); info != nil {
		for _, m := range info.Members {
			ids = append(ids, m.MemberID)
		}
	}
	return ids
}

// evict removes members from the group, as their silence would in the end.
func (b *broker) evict(ids ...string) {
	b.t.Helper()
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = groupName
	for _, id := range ids {
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID = id
		req.Members = append(req.Members, m)
	}
	_, err := req.RequestWith(context.Background(), b.client)
	require.NoError(b.t, err)
}

// drained waits until all that was produced is committed. If that takes too long it tells what held it up.
func (b *broker) drained() {
	b.t.Helper()
	done := func() bool {
		var sum int64
		for _, c := range b.committed() {
			if c.meta.Announced != nil {
				return false
			}
			sum += c.next
		}
		return sum == b.total()
	}
	if !assert.Eventually(b.t, done, 60*time.Second, 10*time.Millisecond, "everything produced is committed") {
		b.tell()
		b.t.FailNow()
	}
}

// tell logs where everything stands: whether a sink gave up, tries again, waits for an answer, or is only slow.
func (b *broker) tell() {
	b.t.Helper()
	b.t.Logf("produced: %d", b.total())
	if info := b.GroupInfo(groupName); info != nil {
		b.t.Logf("group: %s, members %v", info.State, b.members())
		for p, c := range info.Commits[activityTopic] {
			b.t.Logf("partition %d: committed %d, %v ago: %+v", p, c.Offset, time.Since(c.At), b.committed()[p].meta)
		}
	}
	for i, s := range b.sinks {
		b.t.Logf("sink %d: %+v", i, s.Status())
	}
	b.t.Logf("the sinks logged:\n%s", b.log.String())
	if err := pprof.Lookup("goroutine").WriteTo(b.t.Output(), 1); err != nil {
		b.t.Log(err)
	}
}

// exact checks table, view, dead letters and accounting against the recount.
func (b *broker) exact(t *fakeTable) {
	b.t.Helper()
	b.drained()
	wantEvents, wantView, wantPoison, wantAccount := b.recount()
	events, view, _ := t.counts()
	require.Equal(b.t, wantEvents, events)
	require.Equal(b.t, wantView, view)
	require.Equal(b.t, wantPoison, b.letters())
	require.Equal(b.t, wantAccount, b.account())
}

// account sums what the group has committed.
func (b *broker) account() (sum schemas.Accounting) {
	for _, c := range b.committed() {
		sum.Add(c.meta.Accounting)
	}
	return sum
}
