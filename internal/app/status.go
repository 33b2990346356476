package app

import (
	"context"
	"sync/atomic"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// status answers /v1/status from the committed offsets of all groups, whichever process runs them.
type status struct {
	inspector *streams.Inspector
	stages    *atomic.Pointer[[]*streams.Stage] // of this process; nil before they are built
}

// inputs are the groups and what they read, in the order of the flow.
func inputs() []streams.Input {
	var in []streams.Input
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		in = append(in, streams.Input{Group: string(g.Name), Topic: string(g.Input)})
	}
	for _, s := range topology.Sinks() {
		in = append(in, streams.Input{Group: s.Group, Topic: string(s.Input)})
	}
	return in
}

// Status implements api.StatusSource.
func (s status) Status(ctx context.Context) (api.Status, error) {
	groups, err := s.inspector.Groups(ctx, inputs())
	if err != nil {
		return api.Status{}, err
	}
	out := api.Status{Drained: true, Accounting: map[string]schemas.Accounting{}}
	for _, g := range groups {
		state := s.state(g)
		lag := g.Lag()
		out.Drained = out.Drained && lag == 0
		out.Accounting[g.Group] = g.Accounting()
		group := api.Group{Group: g.Group, State: state, Lag: lag, Recovered: state == api.Running}
		for _, p := range g.Partitions {
			group.Partitions = append(group.Partitions, api.Partition{Partition: p.Partition, Committed: p.Committed, End: p.End, Lag: p.Lag()})
		}
		out.Groups = append(out.Groups, group)
	}
	return out, nil
}

// state is what this process knows of its own stage, else what the coordinator says of the group.
func (s status) state(g streams.GroupStatus) api.State {
	if stages := s.stages.Load(); stages != nil {
		for _, stage := range *stages {
			if stage.Name() == g.Group {
				return api.State(stage.State())
			}
		}
	}
	switch g.State {
	case "Stable":
		return api.Running
	case "PreparingRebalance", "CompletingRebalance":
		return api.Starting
	default:
		return api.Stopped
	}
}

// posts reads post statistics from the view of scores.
type posts struct{ view *streams.View }

// Stats implements api.Posts.
func (p posts) Stats(post string) (api.PostStats, bool) {
	v, ok := p.view.Get(post)
	if !ok {
		return api.PostStats{}, false
	}
	row, ok := v.(*schemas.ScoreRow)
	if !ok {
		return api.PostStats{}, false
	}
	return api.PostStats{Counts: row.Lifetime, LastEngagement: row.LastEngagement}, true
}

// Recovered implements api.Posts.
func (p posts) Recovered() bool { return p.view.Recovered() }
