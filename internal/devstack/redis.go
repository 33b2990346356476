package devstack

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
)

// redis keeps everything in memory; keys expire by the wall clock, up to redisTick late.
type redis struct {
	server *miniredis.Miniredis
	end    chan struct{}
	ended  sync.WaitGroup
}

// redisTick is the time between two looks for what has expired. Each goes through all keys: miniredis would do so at every
// command (ClockTTL), which takes milliseconds where there are some ten thousand.
const redisTick = 500 * time.Millisecond

func startRedis(addr string) (*redis, error) {
	mini := miniredis.NewMiniRedis()
	if err := mini.StartAddr(addr); err != nil {
		return nil, fmt.Errorf("starting Redis on %s: %w", addr, err)
	}
	mini.Server().SetPreHook(info(rand.Text()))
	r := &redis{server: mini, end: make(chan struct{})}
	r.ended.Go(r.expire)
	return r, nil
}

// expire lets keys grow old until the server is stopped.
func (r *redis) expire() {
	tick := time.NewTicker(redisTick)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-r.end:
			return
		case <-tick.C:
			now := time.Now()
			r.server.FastForward(now.Sub(last))
			last = now
		}
	}
}

// info answers those sections of INFO that miniredis has not and clients ask for: which run of the server this is, and that
// it evicts nothing.
func info(run string) server.Hook {
	sections := map[string]func() string{
		"server": func() string {
			return fmt.Sprintf("# Server\r\nrun_id:%s\r\n", run)
		},
		"memory": func() string { return "# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n" },
		"stats":  func() string { return "# Stats\r\nevicted_keys:0\r\n" },
	}
	return func(c *server.Peer, command string, args ...string) bool {
		if command != "INFO" || len(args) != 1 || sections[strings.ToLower(args[0])] == nil {
			return false
		}
		c.WriteBulk(sections[strings.ToLower(args[0])]())
		return true
	}
}

func (r *redis) addr() string { return r.server.Addr() }

func (r *redis) stop(context.Context) error {
	close(r.end)
	r.ended.Wait()
	r.server.Close()
	return nil
}
