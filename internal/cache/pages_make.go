package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/redis/go-redis/v9"
)

// Made is a page that was made because Redis had none.
type Made struct {
	Page  []byte
	Parts []Part // what it was made of
	Read  Read   // how far the tables had been read before
	Once  bool   // not to be kept

	Nothing bool // nothing is on it: it is kept for PagesConfig.Nothing only
}

// Page returns the page under key, from Redis or made anew. Of many who ask for one that is not there, over all processes,
// one makes it and the others wait for it, at most PagesConfig.Patience: then they make it themselves. In the last
// PagesConfig.Early of a page's life one of those who ask makes it anew, so that others need not wait. While Redis is away
// pages are made for each process, once at a time, and none is kept: it costs time, and is no error. It fails with what make
// fails with.
func (p *Pages) Page(ctx context.Context, key string, make func(context.Context) (Made, error)) ([]byte, error) {
	found, err := p.get(ctx, key)
	p.metrics.asked(found, err)
	if found != nil {
		if p.early(found) {
			return p.next(ctx, key, found, make)
		}
		return found.Page, nil
	}
	return p.together(ctx, key, func(ctx context.Context) ([]byte, error) { return p.makeOnce(ctx, key, make) })
}

// next makes the page after one that is good still, if nobody else does or has.
func (p *Pages) next(ctx context.Context, key string, found *stored, make func(context.Context) (Made, error)) ([]byte, error) {
	release, mine, err := p.lease(ctx, key)
	if err != nil || !mine {
		return found.Page, nil // Redis away: what it said last is good
	}
	now, err := p.get(ctx, key)
	if err == nil && now == nil { // gone: others may be making it, who wait for our lease
		release()
		return p.together(ctx, key, func(ctx context.Context) ([]byte, error) { return p.makeOnce(ctx, key, make) })
	}
	defer release()
	if now != nil && now.Ends != found.Ends { // made between our look and our lease
		return now.Page, nil
	}
	return p.together(ctx, key, func(ctx context.Context) ([]byte, error) { return p.make(ctx, key, make) })
}

// together has one caller of each key do what all callers of this process want at that time. Who waits may leave; the making
// goes on, so that it does not fail for the others.
func (p *Pages) together(ctx context.Context, key string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	made := p.flights.DoChan(key, func() (page any, err error) {
		defer func() {
			if cause := recover(); cause != nil { // there, nobody above would: the process would end
				err = fmt.Errorf("making a page: panic: %v\n%s", cause, debug.Stack())
			}
		}()
		return make(context.WithoutCancel(ctx))
	})
	select {
	case result := <-made:
		page, _ := result.Val.([]byte)
		return page, result.Err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// makeOnce makes a page if no other process does.
func (p *Pages) makeOnce(ctx context.Context, key string, make func(context.Context) (Made, error)) ([]byte, error) {
	for end := time.Now().Add(p.cfg.Patience); ; {
		release, mine, err := p.lease(ctx, key)
		if err != nil { // Redis is away
			break
		}
		if mine {
			defer release()
			break
		}
		if time.Now().After(end) {
			p.metrics.impatient()
			break
		}
		select {
		case <-time.After(p.cfg.Poll):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if found, err := p.get(ctx, key); err == nil && found != nil {
			return found.Page, nil
		}
	}
	if found, err := p.get(ctx, key); err == nil && found != nil { // made between our look and our lease
		return found.Page, nil
	}
	return p.make(ctx, key, make)
}

// make makes a page and keeps it, if Redis takes it.
func (p *Pages) make(ctx context.Context, key string, make func(context.Context) (Made, error)) ([]byte, error) {
	began := time.Now()
	made, err := make(ctx)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	if made.Once {
		p.metrics.made(once, took)
		return made.Page, nil
	}
	ttl := p.cfg.TTL + mathrand.N(p.cfg.Jitter+1)
	if made.Nothing {
		ttl = p.cfg.Nothing
	}
	became, _ := p.fill(ctx, key, stored{Page: made.Page, Ends: time.Now().Add(ttl).UnixMilli(), Took: took.Milliseconds() + 1}, made, ttl) // it was made, kept or not
	p.metrics.made(became, took)
	return made.Page, nil
}

// early reports whether to make the next page though this one is good: by chance, which grows to certainty towards its end.
// Who takes long to make begins earlier.
func (p *Pages) early(s *stored) bool {
	within := max(p.cfg.Early.Milliseconds(), 2*s.Took)
	left := s.Ends - time.Now().UnixMilli()
	return left < within && mathrand.Int64N(within) >= left
}

// lease takes the right to make a page, for at most PagesConfig.Lease, and reports whether nobody else has it.
func (p *Pages) lease(ctx context.Context, key string) (release func(), mine bool, err error) {
	name, token := "feed:lease:"+key, rand.Text()
	switch err := p.client.SetArgs(ctx, name, token, redis.SetArgs{Mode: "NX", TTL: p.cfg.Lease}).Err(); {
	case errors.Is(err, redis.Nil):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("taking a lease: %w", err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
		defer cancel()
		_ = giveUp.Run(ctx, p.client, []string{name}, token).Err() // it ends by itself
	}, true, nil
}

// giveUp ends a lease if it is still ours.
var giveUp = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)
