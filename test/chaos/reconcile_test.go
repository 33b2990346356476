package chaos

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
)

// reconciling compares events with rows again and again while things happen, until the end it returns is called, which
// compares once more. Servers that are away are no matter; a difference is, unless it is forgiven (nil forgives none).
func (w *world) reconciling(forgiven func(reconcile.Finding) bool) (end func()) {
	w.t.Helper()
	cfg := w.job.config()
	cfg.Reconcile.Patience = 2 * time.Second
	reg, err := registry.New(cfg.Registry, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	w.t.Cleanup(reg.Close)
	codecs, err := schemas.NewCodecs(w.t.Context(), reg)
	require.NoError(w.t, err)
	compare := func(ctx context.Context) (*reconcile.Report, error) {
		r, err := app.Reconcile(ctx, cfg, codecs, time.Now(), func(string) {}, nil)
		if err == nil && r.Away != "" {
			return nil, errors.New(r.Away)
		}
		if err == nil && forgiven != nil {
			r.Findings = slices.DeleteFunc(r.Findings, forgiven)
		}
		return r, err
	}
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	compared, settled, away := 0, 0, 0
	var differs []reconcile.Finding
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			r, err := compare(ctx)
			if err != nil {
				away++
				time.Sleep(100 * time.Millisecond)
				continue
			}
			compared++
			if r.Settled {
				settled++
			}
			differs = append(differs, r.Findings...)
		}
	}()
	return func() {
		w.t.Helper()
		stop()
		<-ended
		w.t.Logf("%d comparisons amid faults, %d of them of everything; %d were not possible", compared, settled, away)
		require.Empty(w.t, differs, "a false alarm amid faults")
		require.Positive(w.t, compared)
		cfg.Reconcile.Patience = 30 * time.Second
		r, err := compare(w.t.Context())
		require.NoError(w.t, err)
		require.Empty(w.t, r.Findings)
		require.True(w.t, r.Settled)
		require.Zero(w.t, r.Open)
	}
}
