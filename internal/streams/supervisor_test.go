package streams

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The alarm of a crash loop ends by itself, in status and metrics alike, and does not count that no broker answers.
func TestCrashLoop_ends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Brokers, cfg.CrashLoop, cfg.Metrics = []string{"localhost:1"}, 3, NewMetrics(prometheus.NewRegistry())
		s, err := New(cfg, adderGraph, addAndPass, Options{})
		require.NoError(t, err)
		requireLooping := func(want bool) {
			t.Helper()
			require.Equal(t, want, s.Status().CrashLoop)
			require.InDelta(t, oneIf(want), testutil.ToFloat64(cfg.Metrics.looping.WithLabelValues(group)), 0)
		}
		fail := func(err error) {
			s.health.failed(err, Waiting)
			s.tellLooping()
		}
		for range 10 {
			fail(fmt.Errorf("opening: %w", &net.OpError{Op: "dial", Err: errors.New("connection refused")}))
			fail(fmt.Errorf("opening: %w", &kgo.ErrFirstReadEOF{}))
		}
		requireLooping(false)
		for range 3 {
			requireLooping(false)
			fail(io.ErrUnexpectedEOF)
			time.Sleep(time.Minute)
		}
		requireLooping(true)
		time.Sleep(crashWindow - 4*time.Minute)
		fail(errLeaseOver) // the last three are younger
		time.Sleep(2*time.Minute - time.Second)
		synctest.Wait()
		requireLooping(true)
		time.Sleep(time.Second)
		synctest.Wait()
		requireLooping(false)
		fail(errLeaseOver)
		fail(errLeaseOver)
		requireLooping(true)
		time.Sleep(crashWindow)
		synctest.Wait()
		requireLooping(false)
	})
}
