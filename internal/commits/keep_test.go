package commits_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// stay lasts for a while, or until it is asked to end, and ends with an error.
type stay struct {
	lasts time.Duration
	err   error
	deaf  bool // it is not heeded that it is to end
	left  *atomic.Int32
}

func (s stay) Consume(ctx context.Context) error {
	select {
	case <-time.After(s.lasts):
		return s.err
	case <-ctx.Done():
	}
	if s.deaf {
		time.Sleep(s.lasts)
	}
	return nil
}

func (s stay) Leave() error { s.left.Add(1); return nil }

var (
	errLost  = errors.New("the member is not known")
	errFinal = errors.New("going on would lose rows")
)

// keep runs one stay after the other, and returns when each was joined, how many were left, and how it ended.
func keep(ctx context.Context, standing *commits.Standing, log *testbuffer.Buffer, stays ...any) (joined []time.Duration, left int32, err error) {
	began := time.Now()
	var leaves atomic.Int32
	var mu sync.Mutex // a stay that is left behind goes on
	defer mu.Unlock()
	err = commits.Keeper{
		Pace: commits.Pace{RetryMin: 100 * time.Millisecond, RetryMax: time.Second, DrainTimeout: 4 * time.Second},
		Join: func() (commits.Stay, error) {
			mu.Lock()
			defer mu.Unlock()
			next := stays[len(joined)]
			joined = append(joined, time.Since(began))
			if s, is := next.(stay); is {
				s.left = &leaves
				return s, nil
			}
			return nil, next.(error)
		},
		Final:    func(err error) bool { return errors.Is(err, errFinal) },
		Standing: standing,
		Log:      slog.New(slog.NewTextHandler(log, nil)),
	}.Run(ctx)
	mu.Lock()
	return joined, leaves.Load(), err
}

// TestKeeper_joins_again after pauses that double, and from the first again after a stay that was longer than the longest.
func TestKeeper_joins_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var standing commits.Standing
		var log testbuffer.Buffer
		joined, left, err := keep(t.Context(), &standing, &log,
			errLost, errLost, stay{lasts: 500 * time.Millisecond, err: errLost}, stay{lasts: time.Minute, err: errLost}, stay{lasts: time.Second, err: errFinal})
		require.ErrorIs(t, err, errFinal)
		ms := time.Millisecond
		require.Equal(t, []time.Duration{0, 100 * ms, 300 * ms, 1200 * ms, time.Minute + 1300*ms}, joined)
		require.EqualValues(t, 3, left, "each that was joined")
		state, last := standing.Now()
		require.Equal(t, commits.StateFailed, state)
		require.Equal(t, errFinal.Error(), last)
	})
}

// TestKeeper_ends as it is asked to, in the middle of a stay and of a pause.
func TestKeeper_ends(t *testing.T) {
	for name, first := range map[string]any{"in a stay": stay{lasts: time.Hour}, "in a pause": errLost} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			var standing commits.Standing
			var log testbuffer.Buffer
			_, _, err := keep(ctx, &standing, &log, first)
			require.NoError(t, err, name)
			require.Equal(t, 50*time.Millisecond, time.Since(began), name)
			state, _ := standing.Now()
			require.Equal(t, commits.StateStopped, state, name)
		})
	}
}

// TestKeeper_does_not_wait_for_who_does_not_answer longer than batches under way may take.
func TestKeeper_does_not_wait_for_who_does_not_answer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		var standing commits.Standing
		var log testbuffer.Buffer
		_, _, err := keep(ctx, &standing, &log, stay{lasts: time.Minute, deaf: true})
		require.NoError(t, err)
		require.Equal(t, time.Second+4*time.Second+commits.Grace, time.Since(began))
		require.Contains(t, log.String(), "left without an answer")
		state, _ := standing.Now()
		require.Equal(t, commits.StateStopped, state)
		time.Sleep(time.Minute) // it ends yet
	})
}
