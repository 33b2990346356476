package clickhouse

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

var (
	errTrouble = &ch.Exception{Code: 999}
	errData    = &ch.Exception{Code: 469}
)

func TestBreaker_opens_and_closes_as_configured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var states []string
		b := newBreaker(BreakerConfig{Failures: 3, Successes: 2, OpenFor: time.Minute}, func(s string) { states = append(states, s) })
		calls := 0
		call := func(err error) error { return b.run(true, func() error { calls++; return err }) }

		for _, err := range []error{errTrouble, errTrouble, nil, errTrouble, errTrouble, errData, errTrouble, errTrouble, context.Canceled} {
			require.Equal(t, err, call(err))
		}
		require.Equal(t, BreakerClosed, b.State().String(), "never three in a row: an answer about the data is an answer")
		require.Equal(t, errTrouble, call(errTrouble))
		require.Equal(t, BreakerOpen, b.State().String())

		calls = 0
		var open *BreakerError
		require.ErrorAs(t, call(nil), &open)
		require.Equal(t, time.Minute, open.Wait)
		time.Sleep(time.Minute - time.Second)
		require.ErrorAs(t, call(nil), &open)
		require.Equal(t, time.Second, open.Wait)
		require.Zero(t, calls)

		time.Sleep(time.Second + time.Millisecond)
		require.Equal(t, errTrouble, call(errTrouble), "a trial")
		require.Equal(t, BreakerOpen, b.State().String(), "one failed trial opens it again")

		time.Sleep(time.Minute + time.Millisecond)
		require.NoError(t, call(nil))
		require.Equal(t, BreakerHalfOpen, b.State().String())
		require.NoError(t, call(nil))
		require.Equal(t, BreakerClosed, b.State().String())
		require.Equal(t, []string{BreakerOpen, BreakerHalfOpen, BreakerOpen, BreakerHalfOpen, BreakerClosed}, states)
	})
}

// A server whose disk is full answers questions; that closes no breaker and ends no row of failures.
func TestBreaker_learns_nothing_from_answers_without_weight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(BreakerConfig{Failures: 2, Successes: 1, OpenFor: time.Minute}, func(string) {})
		insert := func(err error) error { return b.run(true, func() error { return err }) }
		question := func() error { return b.run(false, func() error { return nil }) }
		require.Error(t, insert(errTrouble))
		require.NoError(t, question())
		require.Error(t, insert(errTrouble))
		require.Equal(t, BreakerOpen, b.State().String())
		time.Sleep(time.Minute + time.Millisecond)
		require.NoError(t, question())
		require.NoError(t, question())
		require.Equal(t, BreakerHalfOpen, b.State().String())
		require.NoError(t, insert(nil))
		require.Equal(t, BreakerClosed, b.State().String())
	})
}

// Others wait while a trial is under way.
func TestBreaker_lets_through_as_many_trials_as_it_needs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(BreakerConfig{Failures: 1, Successes: 1, OpenFor: time.Minute}, func(string) {})
		require.Error(t, b.run(true, func() error { return errTrouble }))
		time.Sleep(time.Minute + time.Millisecond)
		trial := make(chan error)
		go func() { trial <- b.run(true, func() error { time.Sleep(time.Second); return nil }) }()
		synctest.Wait()
		var open *BreakerError
		require.ErrorAs(t, b.run(true, func() error { return errors.New("never called") }), &open)
		require.Equal(t, trialWait, open.Wait)
		require.NoError(t, <-trial)
		require.NoError(t, b.run(true, func() error { return nil }))
	})
}

func TestClient_counts_its_calls(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewCallMetrics(registry)
	cfg := DefaultConfig()
	cfg.Breaker = BreakerConfig{Failures: 2, Successes: 1, OpenFor: time.Hour}
	c, err := Open(cfg, Named(ReadClient), Measured(m))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.Equal(t, BreakerClosed, c.Breaker())
	for _, err := range []error{nil, errData, io.EOF, io.EOF, nil} {
		_ = c.Do(t.Context(), "top", func(context.Context, driver.Conn) error { return err })
	}
	require.Equal(t, BreakerOpen, c.Breaker())
	require.InDelta(t, 2, testutil.ToFloat64(m.breakers.WithLabelValues("read")), 0)
	for kind, n := range map[ErrorKind]float64{KindRefused: 1, KindNetwork: 2, KindBreakerOpen: 1} {
		require.InDelta(t, n, testutil.ToFloat64(m.errors.WithLabelValues("read", string(kind))), 0, kind)
	}
	require.Equal(t, 3, testutil.CollectAndCount(m.errors))
	require.Equal(t, 2, testutil.CollectAndCount(m.duration), "ok and error; what was not asked has no duration")
}

func TestRead_tries_again_what_may_succeed(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Breaker.Failures = 100
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	for _, q := range []struct {
		errs  []error // of the tries
		tries int
		want  error
	}{
		{[]error{nil}, 1, nil},
		{[]error{io.EOF, errTrouble, nil}, 3, nil},
		{[]error{errData}, 1, errData},
		{[]error{&ch.Exception{Code: 62}}, 1, &ch.Exception{Code: 62}},
		{[]error{&ch.Exception{Code: 159}}, 1, &ch.Exception{Code: 159}},
		{[]error{io.EOF, io.EOF, io.EOF, io.ErrUnexpectedEOF}, readTries, io.ErrUnexpectedEOF},
	} {
		tries := 0
		err := c.Read(t.Context(), "top", func(context.Context, driver.Conn) error {
			tries++
			return q.errs[tries-1]
		})
		require.Equal(t, q.tries, tries)
		if q.want == nil {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "top: "+q.want.Error())
		}
	}
}

func TestQuery_reads_rows(t *testing.T) {
	cfg, _ := startServer(t)
	cfg.Database = "default"
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	type row struct {
		N uint64 `ch:"n"`
	}
	rows, err := Query[row](t.Context(), c, "numbers", "SELECT number AS n FROM numbers(@n)", ch.Named("n", 3))
	require.NoError(t, err)
	require.Equal(t, []row{{0}, {1}, {2}}, rows)
	one, err := QueryRow[row](t.Context(), c, "number", "SELECT toUInt64(7) AS n")
	require.NoError(t, err)
	require.Equal(t, row{7}, one)
	_, err = QueryRow[row](t.Context(), c, "numbers", "SELECT number AS n FROM numbers(2)")
	require.ErrorIs(t, err, errOneRow)
}
