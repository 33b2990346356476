package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// startupPatience is how long Build waits for Kafka and the registry, which may start at the same time.
const startupPatience = time.Minute

// register makes the codecs, once. The API needs none: tables need no registry.
func (a *App) register(ctx context.Context) error {
	if a.codecs != nil {
		return nil
	}
	reg, err := registry.New(a.cfg.Registry, a.log)
	if err != nil {
		return err
	}
	a.registry = reg
	a.onClose(func() error { reg.Close(); return nil })
	// a decoder that waits for the registry goes on waiting until Close
	lookups, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.onClose(func() error { stop(); return nil })
	a.codecs, err = patiently(ctx, a.log, "registering schemas", func() (*schemas.Codecs, error) { return schemas.NewCodecs(lookups, reg) })
	return err
}

// provision makes the topics.
func (a *App) provision(ctx context.Context) error {
	created, err := patiently(ctx, a.log, "provisioning topics", func() ([]string, error) {
		made, err := Provision(ctx, a.cfg.Kafka)
		if errors.Is(err, streams.ErrMismatch) {
			return made, backoff.Permanent(err)
		}
		return made, err
	})
	if err != nil {
		return err
	}
	if len(created) > 0 {
		a.log.InfoContext(ctx, "created topics", "topics", created)
	}
	lines, err := leaving(ctx, func() ([]string, error) { return Replication(a.cfg.Kafka) })
	if err != nil {
		a.log.WarnContext(ctx, "looking at the copies of topics", "err", err)
	}
	for _, line := range lines {
		a.log.WarnContext(ctx, "a topic has another number of copies than set", "what", line)
	}
	return nil
}

// Provision creates the topics of the catalogue that are missing and checks the others.
func Provision(ctx context.Context, k config.Kafka) ([]string, error) {
	return streams.Provision(ctx, k.Brokers, TopicSpecs(k))
}

// Replication returns a line for each topic of the catalogue that has another number of copies than set.
func Replication(k config.Kafka) ([]string, error) {
	return streams.Replication(k.Brokers, TopicSpecs(k))
}

// TopicSpecs says what each topic of the catalogue must be on this cluster.
func TopicSpecs(k config.Kafka) []streams.TopicSpec {
	var specs []streams.TopicSpec
	for _, t := range topology.Topics() {
		c := t.Config()
		c["min.insync.replicas"] = strconv.Itoa(k.MinInsyncReplicas)
		specs = append(specs, streams.TopicSpec{Name: k.Name(t.Name), Partitions: cmp.Or(t.Partitions, k.Partitions), Replication: k.Replication, Config: c, Foreign: t.Foreign})
	}
	return specs
}

// patiently tries until it works, the error is permanent, or the patience of start-up is over.
func patiently[T any](ctx context.Context, log *slog.Logger, what string, try func() (T, error)) (T, error) {
	v, err := backoff.Retry(ctx, func() (T, error) { return leaving(ctx, try) }, backoff.WithMaxElapsedTime(startupPatience), backoff.WithNotify(func(err error, wait time.Duration) {
		log.WarnContext(ctx, "not possible yet", "what", what, "err", err, "again_in", wait)
	}))
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}

// leaving calls try and gives up on its answer when ctx ends: not every client can be told to stop.
func leaving[T any](ctx context.Context, try func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := try()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
