package reconcile

import (
	"maps"
	"slices"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Flow is the groups to compare and what they pass on.
type Flow struct {
	Groups []streams.Input // the first reads `events`; each comes after those that write what it reads
	Edges  []Edge
	// Path are the groups an event passes on its way to its row, from the first of Groups to the sink of post_events.
	Path []string
	// Letters are the dead-letter topics of the groups.
	Letters map[string]string
}

// Edge says that the groups From pass each input they apply on, once, to one of the groups To.
type Edge struct {
	From, To []string
	More     map[string]int64 // how many records, by group, may come of an input besides
	Refused  bool             // they may come of inputs that are refused, too
}

// severalCopies bounds how many partitions a truncate is told to.
const severalCopies = 1 << 16

// EventFlow is the flow of the topology.
func EventFlow() Flow {
	const (
		dedup, sessions, sink = string(topology.Dedup), string(topology.Sessions), topology.PostEventsSink
		reactions, scores     = string(topology.Reactions), string(topology.Scores)
	)
	flow := Flow{
		Letters: map[string]string{},
		Path:    []string{dedup, sessions, sink},
		Edges: []Edge{
			{From: []string{dedup}, To: []string{sessions}},
			{From: []string{sessions}, To: []string{sink}},
			{ // likes and comments go by way of reactions, of which the database tells, too
				From: []string{dedup, reactions}, To: []string{reactions, scores},
				More: map[string]int64{string(topology.CdcLikes): 1, string(topology.Comments): 2},
			},
		},
	}
	changes := map[string]int64{}
	for _, e := range topology.Entities() {
		changes[string(e.Reader)] = 1
		if reader := string(e.Reader); e.Keeper != "" {
			flow.Edges = append(flow.Edges, Edge{From: []string{reader}, To: []string{string(e.Keeper)}, More: map[string]int64{reader: severalCopies}})
		}
	}
	flow.Edges = append(flow.Edges, Edge{
		From: []string{string(topology.CdcTransaction)}, To: []string{string(topology.Transactions)}, More: changes, Refused: true,
	})
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		if g.ReadsTable() { // of changelogs nobody counts the records
			continue
		}
		flow.Groups = append(flow.Groups, streams.Input{Group: string(g.Name), Topic: string(g.Input)})
		flow.Letters[string(g.Name)] = string(g.DeadLetters)
	}
	s := topology.PostEvents() // those of mirrors read changelogs, too
	flow.Groups = append(flow.Groups, streams.Input{Group: s.Group, Topic: string(s.Input)})
	flow.Letters[s.Group] = string(s.DeadLetters)
	return flow
}

// sources are all groups that pass something on along the edge.
func (e Edge) sources() []string {
	all := slices.AppendSeq(slices.Clone(e.From), maps.Keys(e.More))
	slices.Sort(all)
	return slices.Compact(all)
}

// before returns the groups whose outputs a group reads.
func (f Flow) before(group string) (groups []string) {
	for _, e := range f.Edges {
		if !slices.Contains(e.To, group) {
			continue
		}
		for _, from := range e.sources() {
			if from != group {
				groups = append(groups, from)
			}
		}
	}
	return groups
}

// events is the first of the groups, sink the one that writes post_events.
func (f Flow) events() streams.Input { return f.Groups[0] }

func (f Flow) sink() streams.Input { return f.input(f.Path[len(f.Path)-1]) }

// input is what one of the groups reads.
func (f Flow) input(group string) streams.Input {
	return f.Groups[slices.IndexFunc(f.Groups, func(in streams.Input) bool { return in.Group == group })]
}
