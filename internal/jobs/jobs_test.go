package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun_at_once_and_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		var fast, slow, failing []time.Duration
		var atWork atomic.Int32
		var log bytes.Buffer
		m := NewMetrics(prometheus.NewRegistry())
		done := make(chan error, 1)
		go func() {
			done <- Run(ctx, slog.New(slog.NewTextHandler(&log, nil)), m,
				Job{"fast", 10 * time.Second, func(context.Context) error { fast = append(fast, time.Since(begin)); return nil }},
				Job{"slow", 10 * time.Second, func(ctx context.Context) error {
					slow = append(slow, time.Since(begin))
					if atWork.Add(1) > 1 {
						t.Error("twice at a time")
					}
					defer atWork.Add(-1)
					select {
					case <-time.After(15 * time.Second):
					case <-ctx.Done():
					}
					return nil
				}},
				Job{"failing", 20 * time.Second, func(context.Context) error {
					failing = append(failing, time.Since(begin))
					return errors.New("on purpose")
				}},
			)
		}()
		time.Sleep(45 * time.Second)
		cancel()
		require.NoError(t, <-done)
		s := time.Second
		require.Equal(t, []time.Duration{0, 10 * s, 20 * s, 30 * s, 40 * s}, fast)
		require.Equal(t, []time.Duration{0, 20 * s, 40 * s}, slow)
		require.Equal(t, []time.Duration{0, 20 * s, 40 * s}, failing)
		require.Equal(t, 3, bytes.Count(log.Bytes(), []byte("job=failing err=\"on purpose\"")))
		require.Equal(t, 3, testutil.CollectAndCount(m.runs), "fast ok, slow ok, failing error")
	})
}

func TestRun_refuses_a_job_without_rhythm(t *testing.T) {
	err := Run(t.Context(), slog.New(slog.DiscardHandler), nil, Job{"never", 0, func(context.Context) error { return nil }})
	require.ErrorContains(t, err, "scheduling never")
}
