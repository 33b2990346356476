package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// run is one start of Redis: what it may have kept from another counts for nothing, and what changes had left there is gone.
type run struct{ name string }

// runOf asks Redis which run of it this is.
func runOf(ctx context.Context, c *redis.Conn) (run, error) {
	text, err := c.Info(ctx, "server").Result()
	if err != nil {
		return run{}, fmt.Errorf("asking Redis for its run: %w", err)
	}
	for line := range strings.Lines(text) {
		if id, is := strings.CutPrefix(strings.TrimSpace(line), "run_id:"); is && id != "" {
			return run{id}, nil
		}
	}
	return run{}, errors.New("asking Redis for its run: it does not say")
}

// current returns which run of Redis is connected.
func (p *Pages) current(ctx context.Context) (run, error) {
	if p.run.Load() == nil {
		if err := p.client.Ping(ctx).Err(); err != nil {
			return run{}, fmt.Errorf("reaching Redis: %w", err)
		}
	}
	return *p.run.Load(), nil
}

func (r run) index(p Part) string { return "feed:index:" + r.name + ":" + string(p.Scope) + ":" + p.ID }

func (r run) marker(p Part) string {
	return "feed:marker:" + r.name + ":" + string(p.Scope) + ":" + p.ID
}
