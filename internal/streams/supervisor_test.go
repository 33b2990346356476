package streams

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
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

// A stage that has ended loops no more, and leaves no timer behind that says otherwise.
func TestCrashLoop_ends_with_the_stage(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Brokers, cfg.CrashLoop, cfg.Metrics = []string{"localhost:1"}, 1, NewMetrics(prometheus.NewRegistry())
	s, err := New(cfg, adderGraph, addAndPass, Options{})
	require.NoError(t, err)
	s.health.failed(errLeaseOver, Waiting)
	require.True(t, s.tellLooping())
	ended, end := context.WithCancel(t.Context())
	end()
	require.NoError(t, s.Run(ended))
	require.Nil(t, s.calm)
	require.InDelta(t, 0, testutil.ToFloat64(cfg.Metrics.looping.WithLabelValues(group)), 0)
}

// Only a way to a broker that is broken excuses a stage that ends.
func TestIsAway(t *testing.T) {
	op := func(op string, err error) error {
		return fmt.Errorf("asking: %w", &net.OpError{Op: op, Net: "tcp", Err: err})
	}
	for _, away := range []error{
		op("dial", &net.DNSError{Err: "no such host"}), op("dial", passing{os.NewSyscallError("connect", syscall.ECONNREFUSED)}),
		op("read", os.NewSyscallError("read", syscall.ECONNRESET)), op("write", os.NewSyscallError("write", syscall.EPIPE)),
		op("read", os.ErrDeadlineExceeded), op("read", io.EOF), op("write", net.ErrClosed), &kgo.ErrFirstReadEOF{},
	} {
		require.True(t, isAway(away), "%v", away)
	}
	for _, here := range []error{
		op("listen", os.NewSyscallError("bind", syscall.EADDRINUSE)), op("write", os.NewSyscallError("write", syscall.EMSGSIZE)),
		op("accept", net.ErrClosed), fmt.Errorf("decoding: %w", io.EOF), errLeaseOver,
	} {
		require.False(t, isAway(here), "%v", here)
	}
}
