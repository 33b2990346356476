package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// TestFeed brings in the sample's database, has 50 readers do things with its posts, and compares the feeds that they get
// with an oracle over what was sent, page by page. Then one follows somebody: the page that was kept is replaced.
func TestFeed(t *testing.T) {
	s, issue := startWithTokens(t, app.Processors, app.API, app.Applier, app.Seen)
	s.ready()
	rows := s.seed()
	o := newFeedOracle(s, rows)
	readers := o.busiest(50)
	o.act(readers, 3_000)
	s.workedOff(3_000)
	o.await()
	token := issue("shop", api.RoleService, "t1")
	kinds := map[string]int{}
	for _, reader := range readers {
		got, asOf := s.feed(token, reader)
		want := o.feed(reader, asOf)
		require.Equal(t, want, got, reader)
		for _, item := range got {
			kinds[item.kind]++
		}
	}
	require.Len(t, kinds, 2, "both kinds are there: %v", kinds)
	require.Equal(t, http.StatusForbidden, s.open(t.Context(), issue(readers[0], api.RoleUser, "t2"), "/v1/feed?user_id="+readers[1]).StatusCode) //nolint:bodyclose // nothing is read

	reader := readers[0]
	var before feedAnswer
	own := issue(reader, api.RoleUser, "t3")
	s.feedPage(own, "/v1/feed?limit=100", &before)
	author := before.authors("trending")[0]
	require.NotContains(t, before.authors("followed"), author)
	file := filepath.Join(t.TempDir(), "one.csv")
	require.NoError(t, os.WriteFile(file, []byte(reader+","+author+"\n"), 0o600))
	s.loadFollows(file, func(*load.Follows) {})
	require.Eventually(t, func() bool {
		var after feedAnswer
		s.feedPage(own, "/v1/feed?limit=100", &after)
		return slices.Contains(after.authors("followed"), author)
	}, 20*time.Second, 20*time.Millisecond, "the page of before stays")
}

// workedOff waits until dedup has had in records and every group but the sinks, which do not run, has done all its input.
func (s *system) workedOff(in int64) {
	s.t.Helper()
	var st api.Status
	require.Eventually(s.t, func() bool {
		return s.get("/v1/status", &st) == http.StatusOK && st.Accounting["dedup"].In == in && !slices.ContainsFunc(st.Groups, func(g api.Group) bool {
			return g.Lag > 0 && !strings.HasPrefix(g.Group, "sink-")
		})
	}, 60*time.Second, 50*time.Millisecond)
}

type feedItem struct{ id, kind string }

type feedAnswer struct {
	AsOf  time.Time `json:"as_of"`
	Items []struct {
		PostID string `json:"post_id"`
		Author struct {
			UserID string `json:"user_id"`
		}
		Reason struct{ Kind string }
	}
	NextCursor string `json:"next_cursor"`
}

// authors returns who wrote the posts that are there for a reason.
func (a feedAnswer) authors(kind string) (ids []string) {
	for _, i := range a.Items {
		if i.Reason.Kind == kind {
			ids = append(ids, i.Author.UserID)
		}
	}
	return ids
}

func (s *system) feedPage(token, path string, into *feedAnswer) {
	s.t.Helper()
	res := s.open(s.t.Context(), token, path)
	defer res.Body.Close()
	require.Equal(s.t, http.StatusOK, res.StatusCode)
	require.NoError(s.t, json.NewDecoder(res.Body).Decode(into))
}

// feed reads a whole feed in pages of 20, and the moment of its order.
func (s *system) feed(token, reader string) (items []feedItem, asOf time.Time) {
	s.t.Helper()
	for path := "/v1/feed?user_id=" + url.QueryEscape(reader); ; {
		var page feedAnswer
		s.feedPage(token, path, &page)
		for _, i := range page.Items {
			items = append(items, feedItem{i.PostID, i.Reason.Kind})
		}
		if page.NextCursor == "" {
			return items, page.AsOf
		}
		path = "/v1/feed?user_id=" + url.QueryEscape(reader) + "&cursor=" + page.NextCursor
	}
}

// feedOracle keeps what was sent.
type feedOracle struct {
	s       *system
	posts   map[string]map[string]int64 // author -> post -> created, Unix ms
	author  map[string]string           // of a post
	follows map[string]map[string]bool  // follower -> followee
	counts  map[string]map[string]int64 // post -> action -> how many
	reacted map[string]map[string]bool  // reader -> post
	seen    map[string]map[string]bool  // reader -> post
}

func newFeedOracle(s *system, rows map[string][]map[string]string) *feedOracle {
	o := &feedOracle{
		s: s, posts: map[string]map[string]int64{}, author: map[string]string{}, follows: map[string]map[string]bool{}, counts: map[string]map[string]int64{},
		reacted: map[string]map[string]bool{}, seen: map[string]map[string]bool{},
	}
	for _, p := range rows["posts"] {
		if o.posts[p["user_id"]] == nil {
			o.posts[p["user_id"]] = map[string]int64{}
		}
		o.posts[p["user_id"]][p["id"]] = s.instant(p["created_at"]).UnixMilli()
		o.author[p["id"]] = p["user_id"]
	}
	for _, f := range rows["follows"] {
		note(o.follows, f["follower_id"], f["followee_id"])
	}
	return o
}

func note(sets map[string]map[string]bool, key, member string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][member] = true
}

// busiest returns those who follow most.
func (o *feedOracle) busiest(n int) []string {
	all := slices.SortedFunc(maps.Keys(o.follows), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(o.follows[b]), len(o.follows[a])), cmp.Compare(a, b))
	})
	return all[:n]
}

// act sends events of the last 40 minutes: half of them about posts of those whom a reader follows.
func (o *feedOracle) act(readers []string, n int) {
	o.s.t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	all := slices.Sorted(maps.Keys(o.author))
	producer, err := sarama.NewSyncProducer(o.s.cfg.Kafka.Brokers, kafka.NewConfig("act"))
	require.NoError(o.s.t, err)
	defer producer.Close()
	var msgs []*sarama.ProducerMessage
	for i := range n {
		reader := readers[rng.IntN(len(readers))]
		post := all[rng.IntN(60)]
		if i%2 == 0 {
			followees := slices.Sorted(maps.Keys(o.follows[reader]))
			if own := slices.Sorted(maps.Keys(o.posts[followees[rng.IntN(len(followees))]])); len(own) > 0 {
				post = own[0]
			}
		}
		action := []string{"view", "like", "comment", "share"}[rng.IntN(4)]
		text := fmt.Appendf(nil, `{"event_id":"e%d","ts":%d,"user_id":%q,"post_id":%q,"action":%q}`, i, time.Now().Add(-time.Duration(rng.IntN(40*60))*time.Second).UnixMilli(), reader, post, action)
		event, bad := schemas.DecodeEventJSON(text)
		require.Nil(o.s.t, bad)
		msgs = append(msgs, &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder(event.Key()), Value: sarama.ByteEncoder(text)})
		o.did(reader, post, action)
	}
	require.NoError(o.s.t, producer.SendMessages(msgs))
}

func (o *feedOracle) did(reader, post, action string) {
	if o.counts[post] == nil {
		o.counts[post] = map[string]int64{}
	}
	liked := reader + " likes " + post
	if action == "like" && o.seen[liked] != nil { // once is enough
		return
	}
	o.counts[post][action]++
	switch action {
	case "view":
		note(o.seen, reader, post)
	case "like":
		note(o.seen, liked, "")
		note(o.reacted, reader, post)
	case "comment":
		note(o.reacted, reader, post)
	}
}

// await waits until the API has counted all that was sent.
func (o *feedOracle) await() {
	o.s.t.Helper()
	pairs := 0
	for _, posts := range o.reacted {
		pairs += len(posts)
	}
	posts := slices.Sorted(maps.Keys(o.counts))
	require.Eventually(o.s.t, func() bool {
		return o.s.metric("nova_feed_reactions") == float64(pairs) && o.s.metric("nova_trending_posts") == float64(len(posts))
	}, 20*time.Second, 50*time.Millisecond, "%d reactions to %d posts", pairs, len(posts))
	for some := range slices.Chunk(posts, 100) {
		require.Eventually(o.s.t, func() bool {
			var batch struct {
				Items []struct {
					PostID string `json:"post_id"`
					Stats  struct{ Views, Likes, Comments, Shares int64 }
				}
			}
			o.s.get("/v1/posts?ids="+strings.Join(some, ","), &batch)
			for _, i := range batch.Items {
				c := o.counts[i.PostID]
				if [4]int64{c["view"], c["like"], c["comment"], c["share"]} != [4]int64{i.Stats.Views, i.Stats.Likes, i.Stats.Comments, i.Stats.Shares} {
					return false
				}
			}
			return len(batch.Items) == len(some)
		}, 20*time.Second, 50*time.Millisecond, "counts")
	}
}
