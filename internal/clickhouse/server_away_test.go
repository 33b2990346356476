package clickhouse

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
)

// relay passes connections on to a server, or does not.
type relay struct {
	net.Listener
	to string

	mu    sync.Mutex
	away  bool
	conns []net.Conn
}

func startRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r := &relay{Listener: l, to: to}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.pass(c)
		}
	}()
	return r
}

func (r *relay) pass(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away {
		_ = c.Close()
		return
	}
	s, err := net.Dial("tcp", r.to)
	if err != nil {
		_ = c.Close()
		return
	}
	r.conns = append(r.conns, c, s)
	go func() { _, _ = io.Copy(s, c); _ = s.Close() }()
	go func() { _, _ = io.Copy(c, s); _ = c.Close() }()
}

// leave cuts all connections, inserts under way included, and lets no new ones through until it comes back.
func (r *relay) leave(away bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.away = away
	if away {
		for _, c := range r.conns {
			_ = c.Close()
		}
		r.conns = nil
	}
}

// The server goes away again and again, also in the middle of inserts.
func TestSinkOnServerThatComesAndGoes(t *testing.T) {
	t.Parallel()
	direct, db := openTables(t)
	r := startRelay(t, direct.cfg.Addrs[0])
	cfg := direct.cfg
	cfg.Addrs = []string{r.Addr().String()}
	client, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })

	b := startBroker(t, 2)
	metrics := prometheus.NewRegistry()
	s := b.startSink(client, func(s *running) { s.deps.Metrics = NewMetrics(metrics) })
	for range 5 {
		b.produce(600)
		time.Sleep(50 * time.Millisecond)
		r.leave(true)
		b.produce(10) // something to write, however fast it was
		require.Eventually(t, func() bool { return s.Status().State == commits.StateWaiting }, 20*time.Second, time.Millisecond)
		require.ErrorContains(t, client.Ping(t.Context()), "asking ClickHouse")
		r.leave(false)
		b.drained()
	}
	b.exactOn(db)
	require.Positive(t, testutil.ToFloat64(s.deps.Metrics.retries))
	_, _, _, account := b.recount()
	for outcome, n := range map[string]int64{"row": account.Applied, "replay": account.Replay, "dead": account.Dead} {
		require.InDelta(t, n, testutil.ToFloat64(s.deps.Metrics.records.WithLabelValues(outcome)), 0, outcome)
	}
	problems, err := testutil.GatherAndLint(metrics)
	require.NoError(t, err)
	require.Empty(t, problems)
}
