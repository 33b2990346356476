package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
)

// Guard keeps requests from waiting for a Redis that does not answer. All that one request asks is within one time limit,
// which begins with Limited. After a few questions in a row without an answer nobody waits any more: questions fail at once
// until Redis has answered the guard itself, which asks again and again while Run runs.
//
// It is for those who can do without Redis. Who has to be heard asks without it, and again.
type Guard struct {
	connection
	addr    string
	timeout time.Duration // of a question that is not within a limit, and of the guard's own
	again   time.Duration // between two of the guard's own
	breaker *gobreaker.CircuitBreaker[struct{}]
}

// guardFailures is how many questions in a row have to be without an answer before none is asked.
const guardFailures = 5

// Why a question was not asked, or says nothing of Redis.
var (
	errSpent = errors.New("cache: Redis has had its time of this request")
	errShut  = errors.New("cache: Redis does not answer, and is not asked")
	errLeft  = errors.New("cache: who asked does not wait any more")
)

// NewGuard returns a guard that connects when it first asks: it waits for cfg.Timeout, and asks every cfg.Retry. metrics may
// be nil.
func NewGuard(cfg Config, metrics *GuardMetrics, log *slog.Logger) (*Guard, error) {
	connection, err := cfg.connect(writer)
	if err != nil {
		return nil, err
	}
	g := &Guard{connection: connection, addr: cfg.address(), timeout: cfg.Timeout, again: cfg.Retry}
	g.breaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout:      time.Nanosecond, // trials are the guard's own: it says when
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= guardFailures },
		IsSuccessful: answered,
		IsExcluded: func(err error) bool { // who waited for a connection has not asked
			return errors.Is(err, errLeft) || errors.Is(err, redis.ErrPoolTimeout)
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			metrics.shut(to != gobreaker.StateClosed)
			switch {
			case from == gobreaker.StateClosed:
				log.Warn("Redis does not answer; feeds go on without it", "addr", g.addr)
			case to == gobreaker.StateClosed:
				log.Info("Redis answers feeds again", "addr", g.addr)
			}
		},
	})
	return g, nil
}

// answered reports whether Redis has, if with an error: it costs no time then.
func answered(err error) bool {
	var said redis.Error
	return err == nil || errors.As(err, &said)
}

// Run asks Redis while it does not answer others, until ctx ends, and returns nil.
func (g *Guard) Run(ctx context.Context) error {
	again := time.NewTicker(g.again)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
		if g.breaker.State() == gobreaker.StateClosed {
			continue
		}
		_, _ = g.breaker.Execute(func() (struct{}, error) { // the breaker has seen what it fails with
			ctx, cancel := context.WithTimeout(ctx, g.timeout)
			defer cancel()
			return struct{}{}, g.client.Ping(ctx).Err()
		})
	}
}

// GuardedBy has all that is asked from now on go through a guard.
func (c connection) GuardedBy(g *Guard) { c.client.AddHook(g) }

// DialHook implements redis.Hook.
func (g *Guard) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook implements redis.Hook.
func (g *Guard) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		return g.ask(ctx, func(ctx context.Context) error { return next(ctx, cmd) })
	}
}

// ProcessPipelineHook implements redis.Hook.
func (g *Guard) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return g.ask(ctx, func(ctx context.Context) error { return next(ctx, cmds) })
	}
}

// inside marks the context of a question: what the client asks of a new connection for it is a part of it.
type inside struct{}

// ask has an exchange with Redis, or none.
func (g *Guard) ask(ctx context.Context, exchange func(context.Context) error) error {
	if ctx.Value(inside{}) != nil {
		return exchange(ctx)
	}
	limit := limitOf(ctx)
	left := limit.left(g.timeout)
	switch {
	case left <= 0:
		return errSpent
	case g.breaker.State() != gobreaker.StateClosed:
		return errShut
	}
	_, err := g.breaker.Execute(func() (struct{}, error) {
		within, cancel := context.WithTimeout(context.WithValue(ctx, inside{}, true), left)
		defer cancel()
		began := time.Now()
		err := exchange(within)
		limit.spend(time.Since(began))
		if err != nil && ended(ctx) {
			err = fmt.Errorf("%w: %w", errLeft, err)
		}
		return struct{}{}, err
	})
	return err
}

// ended reports whether a context has, or is about to: what waits on its deadline may be first.
func ended(ctx context.Context) bool {
	end, ends := ctx.Deadline()
	return ctx.Err() != nil || ends && !time.Now().Before(end)
}
