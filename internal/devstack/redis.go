package devstack

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
)

// redis keeps everything in memory; keys expire by the wall clock.
type redis struct{ server *miniredis.Miniredis }

func startRedis(addr string) (*redis, error) {
	server := miniredis.NewMiniRedis()
	server.ClockTTL(true)
	if err := server.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("starting Redis on %s: %w", addr, err)
	}
	return &redis{server}, nil
}

func (r *redis) addr() string { return r.server.Addr() }

func (r *redis) stop(context.Context) error {
	r.server.Close()
	return nil
}
