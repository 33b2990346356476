package reconcile

import (
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Flow is the groups to compare and what they pass on. The first reads `events`; each comes after those it reads from.
type Flow struct {
	Groups []streams.Input
	Edges  []Edge
	Sink   streams.Input // the one of Groups that writes post_events
}

// Edge says that the groups From pass each input they apply on, once, to one of the groups To.
type Edge struct{ From, To []string }

// EventFlow is the flow of the topology.
func EventFlow() Flow {
	const (
		dedup, sessions, sink = string(topology.Dedup), string(topology.Sessions), topology.PostEventsSink
		reactions, scores     = string(topology.Reactions), string(topology.Scores)
	)
	flow := Flow{Edges: []Edge{
		{[]string{dedup}, []string{sessions}},
		{[]string{sessions}, []string{sink}},
		{[]string{dedup, reactions}, []string{reactions, scores}}, // likes and comments go by way of reactions
	}}
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		flow.Groups = append(flow.Groups, streams.Input{Group: string(g.Name), Topic: string(g.Input)})
	}
	for _, s := range topology.Sinks() {
		in := streams.Input{Group: s.Group, Topic: string(s.Input)}
		flow.Groups = append(flow.Groups, in)
		if s.Group == sink {
			flow.Sink = in
		}
	}
	return flow
}
