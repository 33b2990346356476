package streams

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate is a broker's listener whose network can be cut: connections break and none can be made.
type gate struct {
	addr     net.Addr
	accepted chan net.Conn

	mu    sync.Mutex
	front net.Listener // nil while cut
	conns []net.Conn
	ended chan struct{}
}

func newGate(network, addr string) (*gate, error) {
	front, err := net.Listen(network, addr)
	if err != nil {
		return nil, err
	}
	g := &gate{addr: front.Addr(), accepted: make(chan net.Conn), ended: make(chan struct{})}
	g.open(front)
	return g, nil
}

func (g *gate) open(front net.Listener) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.front = front
	go func() {
		for {
			conn, err := front.Accept()
			if err != nil {
				return
			}
			g.mu.Lock()
			g.conns = append(g.conns, conn)
			g.mu.Unlock()
			select {
			case g.accepted <- conn:
			case <-g.ended:
				return
			}
		}
	}()
}

// cut lets nobody through for d.
func (g *gate) cut(t *testing.T, d time.Duration) {
	t.Helper()
	g.mu.Lock()
	require.NoError(t, g.front.Close())
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
	g.mu.Unlock()
	time.Sleep(d)
	front, err := net.Listen("tcp", g.addr.String())
	require.NoError(t, err)
	g.open(front)
}

func (g *gate) Accept() (net.Conn, error) {
	select {
	case c := <-g.accepted:
		return c, nil
	case <-g.ended:
		return nil, net.ErrClosed
	}
}

func (g *gate) Addr() net.Addr { return g.addr }

var _ net.Listener = (*gate)(nil)

// Close ends the listener; kfake may do so twice.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.ended:
		return nil
	default:
	}
	close(g.ended)
	return g.front.Close()
}

// A member whose broker is away for less than a session goes on with the tasks it has; after a longer time it begins
// anew, which is no crash loop.
func TestMember_outlasts_a_cut(t *testing.T) {
	t.Parallel()
	var way *gate
	b := newBench(t, 4, func(network, addr string) (_ net.Listener, err error) {
		way, err = newGate(network, addr)
		return way, err
	})
	b.cfg.CrashLoop, b.cfg.BackoffMin, b.cfg.BackoffMax = 2, 10*time.Millisecond, 20*time.Millisecond
	b.produce()
	s, stop := b.stage("one")
	b.eventually("first done", func() bool { return b.committed(group) == records })
	before := tasks(s)
	for n := range 3 {
		way.cut(t, b.cfg.SessionTimeout*3/5)
		b.produce()
		b.eventually("done after a cut", func() bool { return b.committed(group) == int64(n+2)*records })
	}
	for p, task := range tasks(s) {
		require.Same(t, before[p], task)
	}
	require.NoError(t, s.Status().LastError)

	way.cut(t, 2*b.cfg.SessionTimeout)
	b.produce()
	b.eventually("done after a long cut", func() bool { return b.committed(group) == 5*records })
	require.Positive(t, s.Status().Rebuilds)
	require.False(t, s.Status().CrashLoop, "the stage ended once; then no broker was there")
	require.NoError(t, stop())
	require.Equal(t, 5*records, total(b.sums(group+"-table")))
}
