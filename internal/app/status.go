package app

import (
	"context"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// inputs are the groups and what they read, in the order of the flow.
func inputs() []streams.Input {
	var in []streams.Input
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		in = append(in, streams.Input{Group: string(g.Name), Topic: string(g.Input)})
	}
	for _, s := range topology.Sinks() {
		in = append(in, streams.Input{Group: s.Group, Topic: string(s.Input)})
	}
	for _, c := range topology.Consumers() {
		in = append(in, streams.Input{Group: c.Group, Topic: string(c.Input)})
	}
	return in
}

// status answers /v1/status from the committed offsets of all groups, whichever process runs them, and from what this
// process runs itself.
type status struct {
	inspector *streams.Inspector
	here      *here
}

// Status implements api.StatusSource.
func (s status) Status(ctx context.Context) (api.Status, error) {
	groups, err := s.inspector.Groups(ctx, inputs())
	if err != nil {
		return api.Status{}, err
	}
	out := api.Status{Drained: true, Accounting: map[string]schemas.Accounting{}, Reconciliation: s.here.reconciled.Load(), Jobs: s.here.jobList(ctx)}
	if metrics := s.here.database.Load(); metrics != nil {
		if out.Database, err = tableChanges(metrics); err != nil {
			return api.Status{}, err
		}
	}
	for _, g := range groups {
		group := observed(g)
		s.here.fill(&group)
		group.Recovered = group.State == api.Running
		out.Drained = out.Drained && group.Lag == 0
		out.Accounting[g.Group] = g.Accounting()
		out.Groups = append(out.Groups, group)
	}
	return out, nil
}

// observed is a group as the brokers see it.
func observed(g streams.GroupStatus) api.Group {
	group := api.Group{Group: g.Group, State: coordinated(g.State), Lag: g.Lag(), Members: g.Members, Balanced: true}
	for _, p := range g.Partitions {
		part := api.Partition{
			Partition: p.Partition, Committed: p.Committed, End: p.End, Lag: p.Lag(), Owner: p.Owner, Accounting: p.Meta.Accounting,
		}
		part.SetMetadata(p.MetaBytes, g.MetaLimit)
		group.Balanced = group.Balanced && part.Accounting.Balanced()
		group.Partitions = append(group.Partitions, part)
	}
	return group
}

// coordinated is what the coordinator says of a group.
func coordinated(state string) api.State {
	switch state {
	case "Stable":
		return api.Running
	case "PreparingRebalance", "CompletingRebalance":
		return api.Starting
	default:
		return api.Stopped
	}
}

// Watcher tells how the groups stand from the brokers alone.
type Watcher struct{ status }

// NewWatcher connects to the brokers when first used. It must be closed.
func NewWatcher(k config.Kafka) (*Watcher, error) {
	i, err := streams.NewInspector(k.Brokers, k.Prefix)
	if err != nil {
		return nil, err
	}
	return &Watcher{status{i, &here{}}}, nil
}

// Reach returns an error if no broker answers.
func (w *Watcher) Reach(ctx context.Context) error { return w.inspector.Reach(ctx) }

// Status returns how the groups stand.
func (w *Watcher) Status(ctx context.Context) (api.Status, error) {
	st, err := w.status.Status(ctx)
	if err != nil {
		return st, fmt.Errorf("reading the state of the groups: %w", err)
	}
	return st, nil
}

// Close ends the connections.
func (w *Watcher) Close() { w.inspector.Close() }

// posts says what posts have been counted, as the view of scores has it.
type posts struct {
	*lifetime.Index
	view   *streams.View
	window engagement.Window
	now    func() time.Time
}

// Window implements api.Posts.
func (p posts) Window(post string) (window api.PostWindow, found bool) {
	found = p.view.Look(post, func(row schemas.Row) {
		if r, ok := row.(*schemas.ScoreRow); ok {
			window = api.PostWindow{AsOf: p.now().UnixMilli(), Length: p.window.Length}
			window.Counts, _ = p.window.Sum(r.Buckets, window.AsOf)
		}
	})
	return window, found
}

// Recovered implements api.Posts.
func (p posts) Recovered() bool { return p.view.Recovered() }
