package chaos

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
)

const (
	pageUsers   = 6_000
	pageReaders = 50 // of them: few changes concern each, so that a page that is not removed is there for long
	pageLimit   = 20 // posts
	heldBack    = 5 * time.Second
)

// TestPages_are_never_old looks at the page of each reader in Redis again and again while much happens: no page says for
// longer than a second (LATE, in ms) what the tables no longer say. Of two processes that make pages one is held back by five seconds
// again and again; those who remove pages are killed, and Redis starts anew.
func TestPages_are_never_old(t *testing.T) {
	skipShort(t)
	w := newPagesWorld(t, nil)
	seen := w.live(int(envInt(t, "CHANGES", 20_000)), true)
	t.Logf("%d changes, %d looks at pages (%d of them empty), %d pages given, %d kept back as outdated; from the change to the removal %.3f s at most for 99 of 100 as long as all ran; held back %d times, Redis started anew %d times, appliers killed %d times",
		seen.changes, seen.looks, seen.empty, seen.given, seen.outdated, seen.lag, seen.held, seen.restarts, seen.kills)
	require.Empty(t, seen.stale, "%d looks found an old page; %v", seen.old, seen.happened)
	require.Greater(t, seen.looks, 2*seen.empty, "half of the looks find a page, at least")
	for what, n := range map[string]int{"held back": seen.held, "Redis anew": seen.restarts, "kills": seen.kills, "outdated": seen.outdated} {
		require.GreaterOrEqual(t, n, 2, what)
	}
	w.requireSettled()
}

// TestPages_are_old_if shows that the looks find old pages, those of each rule switched off.
func TestPages_are_old_if(t *testing.T) {
	skipShort(t)
	for name, change := range map[string]func(*job){
		"markers count for nothing":          func(j *job) { j.NoMarkers = true },
		"nothing of a post removes them":     func(j *job) { j.Ignore = cache.PostScope },
		"nothing of an author removes them":  func(j *job) { j.Ignore = cache.AuthorScope },
		"nothing of a user removes them":     func(j *job) { j.Ignore = cache.UserScope },
		"nothing of a follower removes them": func(j *job) { j.Ignore = cache.FollowScope },
	} {
		t.Run(name, func(t *testing.T) {
			w := newPagesWorld(t, change)
			w.late = time.Second // whatever the machine: more is seen than has to be
			seen := w.live(4_000, false)
			t.Logf("%d of %d looks found an old page, such as %v", seen.old, seen.looks, seen.stale)
			require.Positive(t, seen.old)
		})
	}
}

// TestPages_are_made_once has 500 readers ask two processes for one page that is not there: it is made once.
func TestPages_are_made_once(t *testing.T) {
	skipShort(t)
	w := newPagesWorld(t, nil)
	for range 1_000 {
		w.social.happen()
	}
	w.settle()
	w.social.end()
	addrs := slices.Sorted(maps.Values(w.apis))
	require.Eventually(t, func() bool { // until who is asked has read as far as the tables went
		w.ask(addrs[0], pagePath(0))
		return w.client.Exists(t.Context(), pageKey(0)).Val() == 1
	}, 30*time.Second, 100*time.Millisecond)
	makes := func() (n int) {
		for _, addr := range addrs {
			for _, result := range []string{"kept", "outdated", "away", "once"} {
				n += w.count(addr, fmt.Sprintf("nova_feed_cache_makes_total{result=%q}", result))
			}
		}
		return n
	}
	for range 20 {
		require.NoError(t, w.client.Del(t.Context(), pageKey(0)).Err())
		before := makes()
		var asked sync.WaitGroup
		answers, statuses, begin := make([]string, 500), make([]int, 500), make(chan struct{})
		for i := range answers {
			asked.Go(func() {
				<-begin
				statuses[i], answers[i] = w.get(addrs[i%2], pagePath(0))
			})
		}
		close(begin)
		asked.Wait()
		require.Equal(t, before+1, makes())
		for i := range answers {
			require.Equal(t, http.StatusOK, statuses[i])
			require.Equal(t, answers[0], answers[i])
		}
	}
}
