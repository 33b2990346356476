package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// generation is a time during which Redis has lost nothing. All that changes leave behind in a run lies beside a key without
// an end: when that is gone, so may be the rest (FLUSHALL, an eviction), and whoever notices begins another generation.
//
// A change is told to Redis when it is in its table's changelog. So all that was lost before a generation began is in the
// changelogs as they were when it was there: who has read them up to there misses nothing that is gone.
type generation struct {
	run   string
	id    string
	ends  Read // where the tables ended when this process asked, after it had seen the generation
	asked time.Time
}

func (r run) generation() string { return "feed:generation:" + r.name }

// includes reports whether who has read so far has read all up to ends.
func (r Read) includes(ends Read) bool {
	for table, parts := range ends {
		for n, end := range parts {
			if end >= 0 && (n >= len(r[table]) || r[table][n] < end) {
				return false
			}
		}
	}
	return true
}

// How long a process asks where the tables end, for how long it does not ask again if there was no answer, and after what
// time it asks again though there was: a table that was created anew since never comes to where the old one ended.
const (
	endsTimeout = 10 * time.Second
	endsPause   = time.Second
	endsLife    = 10 * time.Minute
)

// generations knows the generation of this process, and finds out which it is.
type generations struct {
	ends    func(context.Context) (Read, error)
	known   atomic.Pointer[generation] // nil if it is not known
	asking  sync.Mutex
	another time.Time // not before; under asking
}

// current returns the generation of a run, nil if it is not known yet. One caller at a time finds out, and waits no longer
// than so long; the finding out goes on.
func (g *generations) current(ctx context.Context, client *redis.Client, r run, wait time.Duration) (*generation, error) {
	if known := g.known.Load(); known != nil && known.run == r.name {
		return known, nil
	}
	if !g.asking.TryLock() {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	type answer struct {
		known *generation
		err   error
	}
	found := make(chan answer, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endsTimeout)
		defer cancel()
		known, err := g.find(ctx, client, r)
		if known != nil {
			g.known.Store(known)
		}
		g.asking.Unlock() // before it is told: who has the answer may ask for the next
		found <- answer{known, err}
	}()
	select {
	case a := <-found:
		return a.known, a.err
	case <-time.After(wait):
		return nil, nil //nolint:nilnil // see above
	}
}

// find asks Redis for the generation, or begins one, and then Kafka for the ends. It returns nil while Kafka does not say:
// pages are made without being kept until it does.
func (g *generations) find(ctx context.Context, client *redis.Client, r run) (*generation, error) {
	if time.Now().Before(g.another) {
		return nil, nil //nolint:nilnil // nothing is an answer
	}
	id := rand.Text()
	err := client.SetArgs(ctx, r.generation(), id, redis.SetArgs{Mode: "NX"}).Err()
	if errors.Is(err, redis.Nil) { // there is one
		id, err = client.Get(ctx, r.generation()).Result()
	}
	if err != nil {
		return nil, fmt.Errorf("asking for the generation: %w", err)
	}
	ends, err := g.ends(ctx)
	if err != nil {
		g.another = time.Now().Add(endsPause)
		return nil, nil //nolint:nilnil,nilerr // see above
	}
	return &generation{r.name, id, ends, time.Now()}, nil
}

// behind notes that a page was made by who had not read as far as a generation asks for.
func (g *generations) behind(of *generation) {
	if time.Since(of.asked) > endsLife {
		g.over(of)
	}
}

// over forgets a generation: the next page finds out which it is.
func (g *generations) over(old *generation) { g.known.CompareAndSwap(old, nil) }
