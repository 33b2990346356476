package cache

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/singleflight"
)

// Pages keeps pages that were made for readers, and takes back those that a change has made old.
//
// A page is stored together with what it was made of, in one step, unless something of that has changed beyond what its
// maker had read. A change removes the pages that were made of what changed, whatever they say, and leaves behind where it
// lies in its table's changelog. So a page of a process that lags, or that is slow, cannot bring back what a change has taken
// away.
//
// A Redis that starts again is another one: what it may have kept from before counts no more. One that has lost what it
// held is of another generation: pages are kept again by who has read the tables as far as they go by then. It must be one
// server, not a cluster: a page and what it was made of have keys of their own.
type Pages struct {
	cfg     PagesConfig
	timeout time.Duration // for one answer of Redis
	connection
	run         atomic.Pointer[run] // to which the connections are
	identifying chan struct{}       // held by the connection that asks, so that the last answer is the newest
	generations generations
	flights     singleflight.Group
	metrics     *PagesMetrics
}

// Scope is a kind of thing that pages are made of.
type Scope string

// The scopes.
const (
	PostScope   Scope = "post"
	AuthorScope Scope = "author" // what an author has written
	UserScope   Scope = "user"   // what concerns a reader alone
	FollowScope Scope = "follow" // whom a reader follows
)

// Part is a thing that pages are made of.
type Part struct {
	Scope Scope
	ID    string
}

// Change is a change of a part: where the record lies, in the changelog of which table.
type Change struct {
	Part
	Table     string
	Partition int32
	Offset    int64
}

// Read is how far a process has read the tables: the offset of the newest record, by table and partition; -1 for none.
type Read map[string][]int64

// NewPages returns pages that connect when they are first used. ends says where the tables end that pages are made of; who
// only removes needs none. metrics may be nil.
func NewPages(cfg Config, pages PagesConfig, ends func(context.Context) (Read, error), metrics *PagesMetrics) (*Pages, error) {
	return newPages(cfg, pages, ends, metrics, runOf)
}

func newPages(cfg Config, pages PagesConfig, ends func(context.Context) (Read, error), metrics *PagesMetrics, identify func(context.Context, *redis.Conn) (run, error)) (*Pages, error) {
	options, err := cfg.clientOptions()
	if err != nil {
		return nil, err
	}
	p := &Pages{cfg: pages, timeout: cfg.Timeout, identifying: make(chan struct{}, 1), generations: generations{ends: ends}, metrics: metrics}
	options.PoolSize = readers
	options.OnConnect = func(ctx context.Context, c *redis.Conn) error {
		select {
		case p.identifying <- struct{}{}:
			defer func() { <-p.identifying }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		r, err := identify(ctx, c)
		if err == nil {
			p.run.Store(&r)
		}
		return err
	}
	p.client = redis.NewClient(options)
	return p, nil
}

// get returns what lies under a key, nil for nothing that is good.
func (p *Pages) get(ctx context.Context, key string) (*stored, error) {
	text, err := p.client.Get(ctx, key).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil //nolint:nilnil // nothing is an answer
	case err != nil:
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	s := decodeStored(text)
	if s == nil || s.Run != p.run.Load().name { // somebody else's, or of before a restart
		return nil, nil //nolint:nilnil // see above
	}
	return s, nil
}
