package cache

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	redisserver "github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// TestPages_know_the_newest_run: a connection has asked which run of Redis it is, and stands still while Redis starts again
// and another connection asks.
func TestPages_know_the_newest_run(t *testing.T) {
	server := miniredis.RunT(t)
	is := new(atomic.Int32)
	cfg := DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	var asked atomic.Bool
	inside, goOn := make(chan struct{}), make(chan struct{})
	p, err := newPages(cfg, DefaultPagesConfig(), nowhere, nil, func(context.Context, *redis.Conn) (run, error) {
		r := run{strconv.Itoa(int(is.Load()))}
		if !asked.Swap(true) {
			close(inside)
			<-goOn
		}
		return r, nil
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	both := make(chan struct{}, 2)
	ask := func() { _, _ = p.client.Get(context.Background(), "x").Result(); both <- struct{}{} }
	go ask()
	<-inside
	server.Close()
	is.Store(1)
	require.NoError(t, server.Start())
	go ask()
	time.Sleep(50 * time.Millisecond) // the other connection is there, and waits to ask
	close(goOn)
	<-both
	<-both
	require.Equal(t, "1", p.run.Load().name)
}

// TestPages_that_go_while_the_next_is_begun: somebody else asks in between, and waits for who has the right to make it.
func TestPages_that_go_while_the_next_is_begun(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	p.cfg.Patience, p.cfg.Lease = time.Minute, time.Minute
	var makes atomic.Int32
	made := func(context.Context) (Made, error) {
		makes.Add(1)
		return Made{Page: []byte(`[2]`), Read: at(1)}, t.Context().Err()
	}
	require.True(t, put(t, p, "k", `[1]`, at(1)))
	found, err := p.get(t.Context(), "k")
	require.NoError(t, err)
	server.Del("k")
	var leases atomic.Int32
	var between atomic.Bool
	other := make(chan []byte, 1)
	server.Server().SetPreHook(func(_ *redisserver.Peer, cmd string, args ...string) bool {
		switch {
		case cmd == "SET" && args[0] == "feed:lease:k":
			leases.Add(1)
		case cmd == "GET" && args[0] == "k" && leases.Load() == 1 && between.CompareAndSwap(false, true): // the look after the lease
			go func() {
				page, _ := p.Page(context.Background(), "k", made)
				other <- page
			}()
			for leases.Load() < 2 {
				time.Sleep(time.Millisecond)
			}
		}
		return false
	})
	began := time.Now()
	page, err := p.next(t.Context(), "k", found, made)
	require.NoError(t, err)
	require.Equal(t, `[2]`, string(page))
	require.Equal(t, `[2]`, string(<-other))
	require.Less(t, time.Since(began), p.cfg.Patience/2)
	require.EqualValues(t, 1, makes.Load())
	require.True(t, between.Load())
}
