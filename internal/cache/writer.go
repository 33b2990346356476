package cache

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/nova-social/nova-streams/internal/trending"
)

// Source gives the trending list. *trending.Board is one.
type Source interface {
	// Snapshot returns the list as of the latest tick, or nil before the first.
	Snapshot() *trending.Snapshot
	// Subscribe returns a channel that holds the latest snapshot not yet taken, and a function that ends it.
	Subscribe() (updates <-chan *trending.Snapshot, cancel func())
}

// Writer keeps the trending key up to date.
type Writer struct {
	cfg    Config
	source Source
	connection
	outage
}

// NewWriter returns a writer that connects when it first writes. metrics may be nil.
func NewWriter(cfg Config, source Source, metrics *Metrics, log *slog.Logger) (*Writer, error) {
	connection, err := cfg.connect(writer)
	if err != nil {
		return nil, err
	}
	return &Writer{cfg: cfg, source: source, connection: connection, outage: outage{cfg.address(), 0, metrics, log}}, nil
}

// Key is where the list of that window lies in Redis, for example nova:cache:trending:1h.
func Key(window string) string { return "nova:cache:trending:" + window }

// Run writes until ctx ends, and returns nil. It does not fail when Redis does.
func (w *Writer) Run(ctx context.Context) error {
	updates, cancel := w.source.Subscribe()
	defer cancel()
	again := time.NewTimer(w.cfg.Refresh)
	defer again.Stop()
	for {
		var snapshot *trending.Snapshot
		select {
		case <-ctx.Done():
			return nil
		case snapshot = <-updates:
		case <-again.C:
			snapshot = w.source.Snapshot()
		}
		wait := w.cfg.Refresh
		if snapshot != nil && !w.write(ctx, snapshot) {
			wait = w.cfg.Retry
		}
		again.Reset(wait)
	}
}

func (w *Writer) write(ctx context.Context, snapshot *trending.Snapshot) bool {
	page := snapshot.Page(0, trending.DefaultLimit)
	var text bytes.Buffer
	err := trending.Encode(&text, page)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
		defer cancel()
		err = w.client.Set(ctx, Key(page.Window), text.Bytes(), w.cfg.TTL).Err()
	}
	if err != nil && ctx.Err() != nil {
		return false // told to stop: not Redis's fault
	}
	w.note(ctx, err)
	return err == nil
}
