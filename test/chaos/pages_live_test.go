package chaos

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// sights are what was seen while things happened.
type sights struct {
	changes, looks, empty, old, outdated int
	held, restarts, kills                int
	given                                int64
	lag                                  float64  // s, of 99 of 100 changes at most
	stale                                []string // the first few
	happened                             []string // faults, and when
}

// live lets so much happen, with readers who read, and looks at their pages; with faults, if wanted.
func (p *pagesWorld) live(changes int, faults bool) sights {
	p.t.Helper()
	var seen sights
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	var others sync.WaitGroup
	for name, addr := range p.apis {
		for n := range 4 {
			others.Go(func() { p.read(ctx, addr, n+len(name)) })
		}
	}
	others.Go(func() { p.holdBack(ctx, "api-2", &seen.held) })
	others.Go(func() { p.look(ctx, &seen) })
	before := p.lags()
	limit := rate.NewLimiter(rate.Limit(envInt(p.t, "RATE", 200)), 20)
	said := time.Now()
	for ; seen.changes < changes; seen.changes++ {
		if time.Since(said) > 10*time.Second {
			said = time.Now()
			p.t.Logf("%d of %d changes, %d pages given", seen.changes, changes, p.given.Load())
		}
		if seen.changes == changes/10 {
			seen.lag = most(p.lags(), before) // until anything is killed: who comes back has a backlog
			if faults {
				others.Go(func() { p.trouble(ctx, &seen) })
			}
		}
		require.NoError(p.t, limit.Wait(p.t.Context()))
		p.social.happen()
	}
	p.social.end()
	time.Sleep(2 * heldBack) // what is said last becomes true, and old pages of it are found
	cancel()
	others.Wait()
	seen.given = p.given.Load()
	for _, addr := range p.apis {
		seen.outdated += p.count(addr, `nova_feed_cache_makes_total{result="outdated"}`)
	}
	return seen
}

func readerAt(n int) string { return fmt.Sprint("u", n%pageReaders) }

func pageKey(n int) string { return fmt.Sprintf("feed:v1:%s:0:%d", readerAt(n), pageLimit) }

func pagePath(n int) string {
	return fmt.Sprint("/v1/feed?limit=", pageLimit, "&user_id=", readerAt(n))
}

// read asks for feeds until ctx ends.
func (p *pagesWorld) read(ctx context.Context, addr string, n int) {
	limit := rate.NewLimiter(75, 1)
	for ; limit.Wait(ctx) == nil; n += 7 {
		switch status := p.ask(addr, pagePath(n)); status {
		case http.StatusOK:
			p.given.Add(1)
		case 0: // the test ends
		default:
			if ctx.Err() == nil {
				p.t.Errorf("a feed is answered with %d", status)
			}
		}
	}
}

// holdBack keeps what happens from a process for five seconds, again and again.
func (p *pagesWorld) holdBack(ctx context.Context, name string, held *int) {
	defer p.links[name].set(linkOpen)
	for {
		for _, step := range []struct {
			state linkState
			until time.Duration
		}{{linkHeld, heldBack}, {linkOpen, time.Second}} {
			p.links[name].set(step.state)
			select {
			case <-ctx.Done():
				return
			case <-time.After(step.until):
			}
		}
		*held++
	}
}

// trouble kills an applier, or starts Redis anew, every few seconds. One applier is there all the time: each is a group of
// its own.
func (p *pagesWorld) trouble(ctx context.Context, seen *sights) {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(3 * time.Second):
		}
		if n%10 == 2 {
			p.redis.Again()
			seen.restarts++
			seen.happened = append(seen.happened, fmt.Sprint("Redis anew at ", time.Now().Format("05.000")))
			continue
		}
		name := []string{"applier-1", "applier-2"}[n%2]
		seen.happened = append(seen.happened, fmt.Sprint(name, " killed at ", time.Now().Format("05.000")))
		p.workers[name].kill(p.t)
		p.startApplier(name)
		seen.kills++
		p.caughtUp(ctx, name)
	}
}

// caughtUp waits until an applier applies what was said just now.
func (p *pagesWorld) caughtUp(ctx context.Context, group string) {
	input := []streams.Input{{Group: group, Topic: string(topology.CacheInvalidations)}}
	for began := time.Now(); ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		groups, err := p.inspector.Groups(ctx, input)
		if err == nil && groups[0].State == "Stable" && groups[0].Lag() < 100 && time.Since(began) > session {
			return
		}
	}
}
