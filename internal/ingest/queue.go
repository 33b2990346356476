package ingest

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// room is what may wait: so many events, of so many bytes. Who comes first gets it first.
type room struct {
	events, bytes *semaphore.Weighted
	metrics       *Metrics
}

func newRoom(cfg Config, m *Metrics) *room {
	return &room{semaphore.NewWeighted(int64(cfg.Queue)), semaphore.NewWeighted(cfg.QueueBytes), m}
}

// take waits for room until ctx ends.
func (r *room) take(ctx context.Context, events int, bytes int64) error {
	if err := r.events.Acquire(ctx, int64(events)); err != nil {
		return err
	}
	if err := r.bytes.Acquire(ctx, bytes); err != nil {
		r.events.Release(int64(events))
		return err
	}
	r.metrics.waiting(events)
	return nil
}

// give gives back the room of one event.
func (r *room) give(bytes int64) {
	r.events.Release(1)
	r.bytes.Release(bytes)
	r.metrics.waiting(-1)
}
