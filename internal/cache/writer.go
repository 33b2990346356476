package cache

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

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
	cfg     Config
	source  Source
	client  *redis.Client
	metrics *Metrics
	log     *slog.Logger
	failed  int // writes that failed since the last one that did not
}

// NewWriter returns a writer that connects when it first writes. metrics may be nil.
func NewWriter(cfg Config, source Source, metrics *Metrics, log *slog.Logger) (*Writer, error) {
	options, err := cfg.options()
	if err != nil {
		return nil, err
	}
	logging.Disable() // the client's own log: one line per try, past our logger; what it says is in the errors as well
	options.ContextTimeoutEnabled = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = cfg.Timeout, cfg.Timeout, cfg.Timeout
	options.MaxRetries, options.DialerRetries = -1, 1 // the writer tries again by itself, with the latest list
	options.PoolSize = 1
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &Writer{cfg: cfg, source: source, client: redis.NewClient(options), metrics: metrics, log: log}, nil
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

// Close ends the connection.
func (w *Writer) Close() error {
	if err := w.client.Close(); err != nil {
		return fmt.Errorf("closing Redis: %w", err)
	}
	return nil
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

// note tells of the beginning and the end of an outage, not of each write in it.
func (w *Writer) note(ctx context.Context, err error) {
	w.metrics.wrote(err)
	switch {
	case err != nil:
		if w.failed++; w.failed == 1 {
			w.log.WarnContext(ctx, "Redis is away; going on without it", "addr", w.cfg.address(), "error", err)
		}
	case w.failed > 0:
		w.log.InfoContext(ctx, "Redis is back", "addr", w.cfg.address(), "failed_writes", w.failed)
		w.failed = 0
	}
}
