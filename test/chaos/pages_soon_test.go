package chaos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/topology"
)

// TestPages_go_soon measures how long after a change the pages are gone that it makes old, and where that time goes, at 50
// changes a second and with nothing else to do: for 99 of 100 it is less than a second (LATE, in ms).
func TestPages_go_soon(t *testing.T) {
	skipShort(t)
	w := newPagesWorld(t, nil)
	w.workers["applier-2"].kill(t) // one does it all, as it is by default
	gone := w.noteGone()
	for _, of := range []struct {
		what   string
		places []string // where a change goes by, each a topic in which the post is the key
		change func() (post string)
	}{
		{"new posts", []string{"changes.posts", string(topology.PostsTable), string(topology.CacheInvalidations)}, func() string {
			return w.social.write(w.social.someone())
		}},
		{"first likes", []string{string(topology.Engagements), string(topology.ScoresTable), string(topology.CacheInvalidations)}, func() string {
			w.social.lsn++
			post := fmt.Sprint("liked", w.social.lsn)
			w.social.engage(w.social.someone(), post, "like")
			return post
		}},
	} {
		limit := rate.NewLimiter(50, 1)
		said := map[string]time.Time{}
		for range 1_000 {
			require.NoError(t, limit.Wait(t.Context()))
			now := time.Now()
			said[of.change()] = now
		}
		reached, ended := w.reached(of.places, said), gone(said)
		hops := make([][]time.Duration, len(of.places)+2) // to each place from that before, to the end, and all of them
		for post, began := range said {
			at := began
			for n, place := range of.places {
				hops[n] = append(hops[n], reached[place][post].Sub(at))
				at = reached[place][post]
			}
			hops[len(of.places)] = append(hops[len(of.places)], ended[post].Sub(at))
			hops[len(of.places)+1] = append(hops[len(of.places)+1], ended[post].Sub(began))
		}
		var times []string
		for n, name := range append(slices.Clone(of.places), "gone", "all in all") {
			slices.Sort(hops[n])
			times = append(times, fmt.Sprintf("%s %s (%s)", name, share(hops[n], 50), share(hops[n], 99)))
		}
		t.Logf("%d %s, p50 (p99) of the time to %s", len(said), of.what, strings.Join(times, ", "))
		require.Less(t, share(hops[len(hops)-1], 99), time.Duration(envInt(t, "LATE", 1_000))*time.Millisecond)
	}
	w.social.end()
}

// share returns what so many of a hundred are not above, of those that are in order.
func share(ordered []time.Duration, percent int) time.Duration {
	return ordered[(len(ordered)-1)*percent/100].Round(time.Millisecond)
}

// reached returns when the first records of posts were made, by topic and id.
func (p *pagesWorld) reached(topics []string, ids map[string]time.Time) map[string]map[string]time.Time {
	p.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(p.job.Brokers...), kgo.ConsumeTopics(topics...))
	require.NoError(p.t, err)
	defer client.Close()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	all, left := map[string]map[string]time.Time{}, len(topics)*len(ids)
	for _, topic := range topics {
		all[topic] = map[string]time.Time{}
	}
	for left > 0 {
		fetches := client.PollFetches(ctx)
		require.NoError(p.t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) {
			id := strings.TrimPrefix(string(r.Key), "post:")
			if _, is := ids[id]; is && all[r.Topic][id].IsZero() {
				all[r.Topic][id] = r.Timestamp
				left--
			}
		})
	}
	return all
}

// noteGone notes when removals for posts reach Redis, by what each leaves behind. What it returns waits for those of some posts.
func (p *pagesWorld) noteGone() (of func(ids map[string]time.Time) map[string]time.Time) {
	p.t.Helper()
	require.NoError(p.t, p.client.ConfigSet(p.t.Context(), "notify-keyspace-events", "Kh").Err())
	told := p.client.PSubscribe(p.t.Context(), "__keyspace@*:feed:marker:*:post:*")
	_, err := told.Receive(p.t.Context())
	require.NoError(p.t, err)
	var mu sync.Mutex
	gone := map[string]time.Time{}
	go func() {
		for m := range told.Channel(redis.WithChannelSize(10_000)) {
			mu.Lock()
			if id := m.Channel[strings.LastIndexByte(m.Channel, ':')+1:]; gone[id].IsZero() { // each applier removes
				gone[id] = time.Now()
			}
			mu.Unlock()
		}
	}()
	p.t.Cleanup(func() { _ = told.Close() })
	return func(ids map[string]time.Time) map[string]time.Time {
		require.Eventually(p.t, func() bool {
			mu.Lock()
			defer mu.Unlock()
			for id := range ids {
				if gone[id].IsZero() {
					return false
				}
			}
			return true
		}, 30*time.Second, 50*time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(gone)
	}
}
