package realkafka

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/test/process"
)

// realEnv asks for tests on the real broker.
const realEnv = "NOVA_REAL"

// Wanted says whether tests are to run on the real broker: NOVA_REAL is set and not 0.
func Wanted() bool {
	v := os.Getenv(realEnv)
	return v != "" && v != "0"
}

// Cluster is a number of brokers that know each other. Its methods fail the test instead of returning errors, so they
// are for the test's own goroutine.
type Cluster struct {
	tb      testing.TB
	brokers []*broker
}

type options struct {
	dir   string
	extra []string
}

// Option alters what Start starts.
type Option func(*options)

// Dir keeps the data in dir, which may be that of an earlier cluster of as many brokers. Otherwise it is the test's.
func Dir(dir string) Option { return func(o *options) { o.dir = dir } }

// Set sets a property of all brokers, also one that is set already.
func Set(key, value string) Option {
	return func(o *options) { o.extra = append(o.extra, key+"="+value) }
}

// Start starts n brokers, 1 or 3, on free ports of the loopback interface and returns when all have joined. They end
// with the test. With 3, topics can have 3 copies, of which 2 must have a record before it counts as written. Without
// NOVA_REAL the test is skipped.
func Start(tb testing.TB, n int, opts ...Option) *Cluster {
	tb.Helper()
	require.Contains(tb, []int{1, 3}, n, "number of brokers")
	if !Wanted() {
		tb.Skip("needs a real broker: make test-real")
	}
	program, err := resolve(tb.Context(), tb.Log)
	require.NoError(tb, err)
	o := options{}
	for _, opt := range opts {
		opt(&o)
	}
	if o.dir == "" {
		o.dir = tb.TempDir()
	}
	ports, err := process.FreePorts(tb.Context(), 2*n)
	require.NoError(tb, err)
	c := &Cluster{tb: tb}
	for i := range n {
		c.brokers = append(c.brokers, newBroker(program, i+1, filepath.Join(o.dir, "broker-"+strconv.Itoa(i+1)), ports[i], ports[n+i]))
	}
	tb.Cleanup(c.end)
	id := newClusterID()
	var started errgroup.Group
	for _, b := range c.brokers {
		started.Go(func() error {
			if err := b.prepare(tb.Context(), id, c.brokers, o.extra); err != nil {
				return err
			}
			return b.Start(tb.Context())
		})
	}
	require.NoError(tb, started.Wait())
	return c
}

// Brokers returns the brokers' addresses, host:port; those of brokers that do not run too.
func (c *Cluster) Brokers() []string {
	var addrs []string
	for _, b := range c.brokers {
		addrs = append(addrs, "127.0.0.1:"+strconv.Itoa(b.port))
	}
	return addrs
}

// Kill ends broker i, counted from 0, by SIGKILL.
func (c *Cluster) Kill(i int) {
	c.tb.Helper()
	require.NoError(c.tb, c.brokers[i].Kill())
}

// Stop ends broker i, counted from 0, by SIGTERM: it hands over what it leads and closes its files. Of three brokers
// one that is stopped last cannot, for want of a majority, and is killed after a minute, which fails the test.
func (c *Cluster) Stop(i int) {
	c.tb.Helper()
	require.NoError(c.tb, c.brokers[i].Stop())
}

// Restart starts broker i, counted from 0, which must have ended, on its data and ports, and returns when it has joined.
// After Kill that takes the seconds until its former self is given up.
func (c *Cluster) Restart(i int) {
	c.tb.Helper()
	require.NoError(c.tb, c.brokers[i].Start(c.tb.Context()))
}

// Close kills all brokers that run; a second call does nothing. A broker that ended by itself fails the test.
func (c *Cluster) Close() {
	c.tb.Helper()
	for _, b := range c.brokers {
		if !b.Started() {
			continue
		}
		if err := b.Kill(); err != nil {
			c.tb.Error(err)
		}
	}
}

// end is Close at the end of the test, which shows what the brokers said if the test failed.
func (c *Cluster) end() {
	c.Close()
	if !c.tb.Failed() {
		return
	}
	for _, b := range c.brokers {
		c.tb.Logf("broker %d said:\n%s", b.id, b.Tail())
	}
}
