package streams

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errLeaseOver says that the coordinator may have given this member's partitions away: it was not heard from for a
// session, because the process was frozen or the way to the coordinator is gone.
var errLeaseOver = errors.New("streams: no word from the group's coordinator for a session; the partitions may belong to somebody else")

// lease is the pause gate: a member may write only as long as the coordinator surely keeps its partitions, which is one
// session from the moment the last answered heartbeat was sent. It is checked at every write to a socket, so a process
// that wakes from a pause stops at its first write, before anything it had buffered can leave.
//
// Two gaps remain, which the foreign-writer alarm covers: a pause between the check and the system call, and bytes that
// were in the kernel already. A member that waits for a rebalance does not send heartbeats; there the lease holds as
// long as the process itself is awake.
type lease struct {
	session time.Duration
	off     bool // Controls.NoFences
	began   time.Time
	until   atomic.Int64 // since began, ns
	joining atomic.Bool  // a JoinGroup is unanswered: the coordinator keeps a member that waits
	ended   atomic.Bool
	awake   atomic.Int64 // when the process last did something, since began, ns
}

var (
	_ kgo.HookBrokerE2E   = (*lease)(nil)
	_ kgo.HookBrokerWrite = (*lease)(nil)
)

// awakeFor is how long a process that waits for a rebalance may have been silent and still count as awake. The session
// ticks far more often.
const awakeFor = time.Second

func newLease(session time.Duration, off bool) *lease {
	l := &lease{session: session, off: off, began: time.Now()}
	l.until.Store(int64(session))
	l.tick()
	return l
}

// tick notes that the process is awake.
func (l *lease) tick() {
	if now := time.Since(l.began); now-time.Duration(l.awake.Load()) < awakeFor || !l.joining.Load() {
		l.awake.Store(int64(now))
	}
}

// valid reports whether the partitions are surely still this member's.
func (l *lease) valid() bool {
	now := time.Since(l.began)
	if l.ended.Load() {
		return l.off
	}
	return l.off || now < time.Duration(l.until.Load()) || l.joining.Load() && now-time.Duration(l.awake.Load()) < awakeFor
}

// OnBrokerWrite notes that the coordinator is asked to let this member join.
func (l *lease) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if kmsg.Key(key) == kmsg.JoinGroup && err == nil && l.valid() {
		l.tick()
		l.joining.Store(true)
	}
}

// OnBrokerE2E extends the lease when the coordinator has answered.
func (l *lease) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	switch kmsg.Key(key) { //nolint:exhaustive // the requests that keep a member alive
	case kmsg.JoinGroup:
		slept := time.Since(l.began)-time.Duration(l.awake.Load()) >= awakeFor
		if e2e.Err() == nil && !slept { // answered just now, not while this process slept
			l.extend(time.Now())
		}
		l.joining.Store(false)
	case kmsg.SyncGroup, kmsg.Heartbeat:
		if e2e.Err() == nil {
			l.extend(time.Now().Add(-e2e.DurationE2E()))
		}
	}
}

// extend sets the end of the lease to one session after sent. A lease that is over stays over: the answer that comes
// then may say that the member is no longer known.
func (l *lease) extend(sent time.Time) {
	if !l.valid() {
		return
	}
	until := int64(sent.Sub(l.began) + l.session)
	for {
		old := l.until.Load()
		if until <= old || l.until.CompareAndSwap(old, until) {
			return
		}
	}
}

// dial connects to a connection that checks the lease at every write.
func (l *lease) dial(ctx context.Context, network, host string) (net.Conn, error) {
	conn, err := dial(ctx, network, host)
	if err != nil {
		return nil, err
	}
	return leasedConn{conn, l}, nil
}

type leasedConn struct {
	net.Conn
	lease *lease
}

// Write writes only under a valid lease.
func (c leasedConn) Write(b []byte) (int, error) {
	if !c.lease.valid() {
		return 0, errLeaseOver
	}
	return c.Conn.Write(b)
}

// end closes the gate for good.
func (l *lease) end() { l.ended.Store(true) }

// renew gives a lease its full time at the moment the member is made.
func (l *lease) renew() { l.until.Store(int64(time.Since(l.began) + l.session)) }
