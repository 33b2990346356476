package streams

import (
	"context"
	"errors"
	"math"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// patience are the options of a client that outlasts a broker that is away for less than a session. By default, kgo gives
// a heartbeat up at the first dial that is refused by every broker it knows, and with it the membership, though the
// coordinator would not have missed the member. Whether the membership still holds is for the lease to say.
func patience(cfg *Config) []kgo.Opt {
	return []kgo.Opt{
		kgo.Dialer(dialAgain),
		kgo.AlwaysRetryEOF(),
		kgo.DisableClientMetrics(),        // closing would wait for a broker that takes them
		kgo.RequestRetries(math.MaxInt32), // kgo's times bound them: a session for what keeps a member, else 30 s
		kgo.RetryBackoffFn(func(int) time.Duration { return cfg.heartbeat() }),
	}
}

// dial connects like kgo does by default.
func dial(ctx context.Context, network, host string) (net.Conn, error) {
	return (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, host)
}

// dialAgain is dial with errors that kgo tries again after, those it takes for timeouts: it forgets which broker is the
// coordinator, waits, and asks any of them.
func dialAgain(ctx context.Context, network, host string) (net.Conn, error) {
	conn, err := dial(ctx, network, host)
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return nil, &net.OpError{Op: failed.Op, Net: failed.Net, Addr: failed.Addr, Err: passing{failed.Err}}
	}
	return conn, err
}

// passing is an error that may be gone at the next try.
type passing struct{ error }

func (e passing) Unwrap() error { return e.error }
func (passing) Timeout() bool   { return true }
func (passing) Temporary() bool { return true }
