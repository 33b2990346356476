package chaos

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// link is the network between one worker and the brokers. It passes frames on; it can be cut, and it can hold back what
// is said and deliver it later. The worker knows only the link: answers that name brokers are changed to name it.
type link struct {
	t     *testing.T
	addrs []string                // instead of the brokers'
	front map[string]*net.TCPAddr // by a broker's address

	mu        sync.Mutex
	changed   *sync.Cond
	state     linkState
	listeners []net.Listener
	conns     map[net.Conn]bool

	slow atomic.Int64 // how long each Produce request takes on its way, ns
}

type linkState int

const (
	linkOpen linkState = iota
	linkHeld           // nothing is lost, nothing arrives
	linkCut            // connections break and none can be made
	linkDeaf           // what is said arrives, the answers are lost
)

func newLink(t *testing.T, brokers []string) *link {
	t.Helper()
	l := &link{t: t, front: map[string]*net.TCPAddr{}, conns: map[net.Conn]bool{}}
	l.changed = sync.NewCond(&l.mu)
	for _, broker := range brokers {
		front := listenAnywhere(t)
		l.addrs = append(l.addrs, front.Addr().String())
		l.front[broker] = front.Addr().(*net.TCPAddr)
		l.listeners = append(l.listeners, front)
		go l.serve(front, broker)
	}
	t.Cleanup(func() { l.set(linkCut) })
	return l
}

// listenAnywhere listens on a port that no connection gets as its own, so that it can be listened on again.
func listenAnywhere(t *testing.T) net.Listener {
	t.Helper()
	for {
		l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(12_000)))
		if err == nil {
			return l
		}
		require.ErrorIs(t, err, syscall.EADDRINUSE)
	}
}

// set changes the state. What was held back is delivered when the link opens, also on connections that the worker has
// closed since.
func (l *link) set(s linkState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s == linkCut {
		for _, front := range l.listeners {
			_ = front.Close()
		}
		for c := range l.conns {
			_ = c.Close()
		}
		l.listeners = nil
	}
	if s != linkCut && l.state == linkCut {
		for broker, addr := range l.front {
			front, err := new(net.ListenConfig).Listen(l.t.Context(), "tcp", addr.String())
			require.NoError(l.t, err)
			l.listeners = append(l.listeners, front)
			go l.serve(front, broker)
		}
	}
	l.state = s
	l.changed.Broadcast()
}

// pass waits until frames, answers or what is said, may pass and reports whether they can.
func (l *link) pass(answers bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.state == linkHeld {
		l.changed.Wait()
	}
	return l.state == linkOpen || l.state == linkDeaf && !answers
}

// slowly returns a request when it may arrive: what is to be written comes later than what is said about it.
func (l *link) slowly(f []byte) []byte {
	if len(f) >= 2 && kmsg.Key(binary.BigEndian.Uint16(f)) == kmsg.Produce {
		time.Sleep(time.Duration(l.slow.Load()))
	}
	return f
}

// keep notes a connection that a cut breaks, or breaks it at once.
func (l *link) keep(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[c] = true
	if l.state == linkCut {
		_ = c.Close()
	}
}

func (l *link) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	_ = c.Close()
}

func (l *link) serve(listener net.Listener, broker string) {
	for {
		worker, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer l.drop(worker)
			l.keep(worker)
			server, err := net.Dial("tcp", broker)
			if err != nil {
				return
			}
			defer l.drop(server)
			l.keep(server)
			said := newSaid(l.front)
			var wg sync.WaitGroup
			wg.Go(func() { l.carry(worker, server, false, func(f []byte) []byte { return said.request(l.slowly(f)) }) })
			wg.Go(func() { l.carry(server, worker, true, said.answer) })
			wg.Wait()
		}()
	}
}

// carry passes frames on until from has nothing more to say, and says so to the other side. It reads on while the link
// is held or to is gone: what a worker had sent before it gave up still arrives.
func (l *link) carry(from, to net.Conn, answers bool, each func([]byte) []byte) {
	frames := make(chan []byte, 1<<16)
	go func() {
		defer close(frames)
		r := bufio.NewReaderSize(from, 1<<16)
		for {
			f, err := readFrame(r)
			if err != nil {
				return
			}
			frames <- f
		}
	}()
	for f := range frames {
		if l.pass(answers) {
			_, _ = to.Write(frame(each(f)))
		}
	}
	_ = to.(*net.TCPConn).CloseWrite()
}
