package cache

import (
	"context"
	"sync/atomic"
	"time"
)

// limit is how much longer a request may wait for Redis, in all. A nil *limit does not end.
type limit struct{ rest atomic.Int64 } // ns

type limitKey struct{}

// Limited returns the context of a request which, in all, waits no longer than that for what is asked of Redis through a
// Guard. Other work takes nothing of it.
func Limited(ctx context.Context, wait time.Duration) context.Context {
	l := &limit{}
	l.rest.Store(int64(wait))
	return context.WithValue(ctx, limitKey{}, l)
}

func limitOf(ctx context.Context) *limit {
	l, _ := ctx.Value(limitKey{}).(*limit)
	return l
}

// left returns how long one question may take, at most so long.
func (l *limit) left(most time.Duration) time.Duration {
	if l == nil {
		return most
	}
	return min(most, time.Duration(l.rest.Load()))
}

func (l *limit) spend(took time.Duration) {
	if l != nil {
		l.rest.Add(-int64(took))
	}
}
