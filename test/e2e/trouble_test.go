package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// While ClickHouse answers errors, or nothing at all, its sink waits and nothing else does: what happens to a post is seen
// as soon as before, and trending is served. Afterwards every count and every row is exact.
func TestClickHouse_in_trouble_delays_nothing_else(t *testing.T) {
	const stretch = 5 * time.Second
	stack := startServers(t, "")
	p := startProxy(t, stack.ClickHouseAddr())
	stack.clickhouse = p.addr
	s := start(t, stack, app.Roles...)
	s.ready()
	f := newFeed(s)
	f.watch(2 * time.Second) // until all is warm
	calm := f.watch(stretch)
	t.Logf("calm: seen after %v, at most %v", calm.median, calm.longest)
	st := s.drained(int64(len(f.sent)))
	for _, c := range []struct {
		name string
		trouble
	}{{"answers errors", answersErrors}, {"hangs", hangs}} {
		p.make(c.trouble)
		fired, rows := p.fired.Load(), s.rows()
		require.EqualValues(t, st.Accounting[topology.PostEventsSink].Applied, rows)
		took := f.watch(stretch)
		t.Logf("ClickHouse %s: seen after %v, at most %v", c.name, took.median, took.longest)
		f.requireTrending()
		var health struct{ Degraded []string }
		require.Equal(t, http.StatusOK, s.get("/health/ready", &health), c.name)
		require.Equal(t, []string{"clickhouse"}, health.Degraded, c.name)
		require.Greater(t, p.fired.Load(), fired, "%s: nobody asked", c.name)
		require.Equal(t, rows, s.rows(), "%s: rows got through", c.name)
		p.make(nil)
		require.Less(t, took.median, 2*calm.median+200*time.Millisecond, c.name)
		require.Less(t, took.longest, calm.longest+time.Second, c.name)
		st = s.drained(int64(len(f.sent)))
	}
	requireBalanced(t, st)
	byPost, rows, last, distinct := recount(f.sent)
	require.Equal(t, schemas.Accounting{In: int64(distinct), Applied: int64(distinct)}, st.Accounting[topology.PostEventsSink])
	s.requirePosts(byPost, last, 0)
	s.requireRows(rows)
}

// rows asks ClickHouse itself, not what stands before it.
func (s *system) rows() float64 {
	s.t.Helper()
	return devstacktest.Query(s.t, s.stack.Stack, s.cfg.ClickHouse.Database, "SELECT count() AS n FROM post_events")[0]["n"].(float64)
}

// feed sends events as they happen and remembers them.
type feed struct {
	*system
	producer sarama.SyncProducer
	sent     []line
	liked    int64 // likes of the post hot
}

func newFeed(s *system) *feed {
	s.t.Helper()
	p, err := sarama.NewSyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("feed"))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, p.Close()) })
	return &feed{system: s, producer: p}
}

// delays is how long it took until an event was seen.
type delays struct{ median, longest time.Duration }

// watch sends events for a while. Again and again it is the first view of a post, and waits until the API shows it.
func (f *feed) watch(d time.Duration) delays {
	f.t.Helper()
	var took []time.Duration
	for end := time.Now().Add(d); time.Now().Before(end); {
		began := time.Now()
		post := fmt.Sprint("new", len(f.sent))
		f.send(post)
		for seen := false; !seen; time.Sleep(2 * time.Millisecond) {
			var stats struct{ Views int64 }
			seen = f.get("/v1/posts/"+post+"/stats", &stats) == http.StatusOK && stats.Views == 1
			require.Less(f.t, time.Since(began), 30*time.Second, "never seen")
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return delays{took[len(took)/2], took[len(took)-1]}
}

// send sends the first view of a post, among others and a like of the post hot.
func (f *feed) send(post string) {
	f.t.Helper()
	actions := []string{"view", "impression", "comment", "share", "like"}
	var msgs []*sarama.ProducerMessage
	add := func(user, post, action string) {
		l := line{fmt.Sprint("e", len(f.sent)), time.Now().UTC().Truncate(time.Millisecond), user, post, action}
		f.sent = append(f.sent, l)
		value, err := json.Marshal(l)
		require.NoError(f.t, err)
		msgs = append(msgs, &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder(user + ":" + post), Value: sarama.ByteEncoder(value)})
	}
	for range 30 {
		n := len(f.sent)
		add(fmt.Sprint("u", n%97), fmt.Sprint("p", n%40), actions[n%len(actions)])
	}
	add(fmt.Sprint("fan", len(f.sent)), "hot", "like")
	f.liked++
	add("u", post, "view")
	require.NoError(f.t, f.producer.SendMessages(msgs))
}

// requireTrending waits until the list has the post hot with all its likes.
func (f *feed) requireTrending() {
	f.t.Helper()
	require.Eventually(f.t, func() bool {
		var list struct {
			Items []struct {
				PostID string `json:"post_id"`
				Likes  int64
			}
		}
		require.Equal(f.t, http.StatusOK, f.get("/v1/trending", &list))
		for _, i := range list.Items {
			if i.PostID == "hot" {
				return i.Likes == f.liked
			}
		}
		return false
	}, 5*time.Second, 50*time.Millisecond)
}
