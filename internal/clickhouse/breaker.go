package clickhouse

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// BreakerConfig says when a client stops asking a server that is in trouble, and when it asks again. What counts as
// trouble is decided by the kind of the error: refused data and queries the server does not know are none.
type BreakerConfig struct {
	Failures  int           // calls that fail in a row, after which the breaker opens
	Successes int           // trial calls that must succeed in a row before it closes; as many are let through at a time
	OpenFor   time.Duration // time without calls, before the first trial
}

// DefaultBreakerConfig opens after a call and its three repeats.
func DefaultBreakerConfig() BreakerConfig {
	return BreakerConfig{Failures: 4, Successes: 1, OpenFor: 5 * time.Second}
}

// Validate names the first field that breaks its rule.
func (c BreakerConfig) Validate() error {
	if c.Failures < 1 {
		return fmt.Errorf("clickhouse: Breaker.Failures must be at least 1, is %d", c.Failures)
	}
	if c.Successes < 1 {
		return fmt.Errorf("clickhouse: Breaker.Successes must be at least 1, is %d", c.Successes)
	}
	if c.OpenFor <= 0 {
		return fmt.Errorf("clickhouse: Breaker.OpenFor must be positive, is %v", c.OpenFor)
	}
	return nil
}

// The states of a breaker.
const (
	BreakerClosed   = "closed"    // calls go through
	BreakerHalfOpen = "half-open" // trial calls go through
	BreakerOpen     = "open"      // no call goes through
)

// BreakerError says that a call was not made: the breaker is open, or half-open with its trial calls under way.
type BreakerError struct {
	Wait time.Duration // until it makes sense to ask again
}

func (e *BreakerError) Error() string {
	return fmt.Sprintf("clickhouse: the circuit breaker is open, for another %v", e.Wait.Round(time.Millisecond))
}

// trialWait is the pause of callers that find the trial calls under way.
const trialWait = time.Second

// breaker decides whether calls are made at all.
type breaker struct {
	*gobreaker.CircuitBreaker[struct{}]
	until atomic.Int64 // end of the last open time, Unix ns
}

// newBreaker returns a closed breaker; changed is told of each new state.
func newBreaker(cfg BreakerConfig, changed func(state string)) *breaker {
	b := &breaker{}
	b.CircuitBreaker = gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  uint32(cfg.Successes),
		Timeout:      cfg.OpenFor,
		ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= uint32(cfg.Failures) },
		IsSuccessful: func(err error) bool { return Kind(err).harmless() },
		IsExcluded:   func(err error) bool { return errors.Is(err, errNoProof) || Kind(err) == KindCanceled },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.until.Store(time.Now().Add(cfg.OpenFor).UnixNano())
			}
			changed(to.String())
		},
	})
	return b
}

// errNoProof marks a success that says little: a server without room for inserts still answers questions.
var errNoProof = errors.New("clickhouse: success without weight")

// run makes the call, or returns a *BreakerError. A success that proves nothing neither closes the breaker nor ends a row
// of failures.
func (b *breaker) run(proves bool, call func() error) error {
	_, err := b.Execute(func() (struct{}, error) {
		err := call()
		if err == nil && !proves {
			err = errNoProof
		}
		return struct{}{}, err
	})
	switch {
	case errors.Is(err, errNoProof):
		return nil
	case errors.Is(err, gobreaker.ErrOpenState):
		return &BreakerError{Wait: max(time.Millisecond, time.Until(time.Unix(0, b.until.Load())))}
	case errors.Is(err, gobreaker.ErrTooManyRequests):
		return &BreakerError{Wait: trialWait}
	}
	return err
}
