package commits

import (
	"context"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Pace is how long a member takes over what does not go at once.
type Pace struct {
	RetryMin     time.Duration // pause after the first failure; doubles with each further one
	RetryMax     time.Duration // longest pause; it never gives up
	DrainTimeout time.Duration // for batches under way when the member is to end
}

// Backoff doubles from RetryMin to RetryMax, without chance.
func (p Pace) Backoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier, b.RandomizationFactor = p.RetryMin, p.RetryMax, 2, 0
	return b
}

// Stay is a membership and what goes with it.
type Stay interface {
	Consume(ctx context.Context) error // until ctx ends, which is no error, or something fails
	Leave() error                      // the group, closing all connections
}

// Keeper keeps a member in its group, by one stay after the other.
type Keeper struct {
	Pace
	Join     func() (Stay, error)
	Final    func(error) bool // whether to end with an error
	Standing *Standing        // where the end of a stay is booked; a stay books itself that it has joined
	Log      *slog.Logger
}

// Run joins again and again until ctx ends, which is no error, or a stay fails for good. When ctx ends it waits DrainTimeout
// and Grace for the stay to end, and no longer: sarama's calls take no context, and a broker that is away must not hold up
// the end of the program.
func (k Keeper) Run(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() { k.Standing.Ended(err) }()
	result := make(chan error, 1)
	go func() { result <- k.run(ctx) }()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-result:
		return err
	case <-time.After(k.DrainTimeout + Grace):
		k.Log.WarnContext(ctx, "left without an answer from Kafka; the group will notice by itself")
		return nil
	}
}

func (k Keeper) run(ctx context.Context) error {
	wait := k.Backoff()
	for {
		begun := time.Now()
		err := k.stay(ctx)
		switch {
		case k.Final(err):
			return err
		case ctx.Err() != nil:
			return nil //nolint:nilerr // asked to end
		case time.Since(begun) > k.RetryMax: // it worked for a while
			wait.Reset()
		}
		k.Standing.Lost(err)
		pause := wait.NextBackOff()
		k.Log.WarnContext(ctx, "lost the place in the group", "err", err, "joins_again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (k Keeper) stay(ctx context.Context) error {
	s, err := k.Join()
	if err != nil {
		return err
	}
	err = s.Consume(ctx)
	if left := s.Leave(); left != nil {
		k.Log.WarnContext(ctx, "leaving the group", "err", left)
	}
	return err
}
