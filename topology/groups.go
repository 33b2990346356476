package topology

import (
	"strings"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Output is a topic a group writes.
type Output struct {
	Topic goka.Stream
	Codec goka.Codec
	Note  string // what goes there, for readers
}

// Group declares one goka group. With a table and outputs it has one input: only then does a replay after a crash meet
// the same inputs in the same order.
type Group struct {
	Name  goka.Group
	Does  string // one line, for readers
	Input goka.Stream
	Codec goka.Codec // of the input
	Rows  schemas.RowCodec
	// Stateless says that the group keeps no table.
	Stateless bool
	RowKey    func(key string) string // names the row of a record by the record's key; nil for the key itself
	Outputs   []Output
	// DeadLetters is the output for inputs that are refused, by the verb or for the size of what would come of them.
	DeadLetters goka.Stream
}

// Graph returns the group's goka graph with on as its callback; on may be nil to look at the graph only.
func (g Group) Graph(on goka.ProcessCallback) *goka.GroupGraph {
	edges := []goka.Edge{goka.Input(g.Input, g.Codec, on)}
	for _, out := range g.Outputs {
		edges = append(edges, goka.Output(out.Topic, out.Codec))
	}
	if !g.Stateless {
		edges = append(edges, goka.Persist(g.Rows))
	}
	return goka.DefineGroup(g.Name, edges...)
}

// ReadsTable reports whether the group reads the changelog of a table. Compaction takes records out of it, so that offsets
// leave gaps and nobody knows how many there were.
func (g Group) ReadsTable() bool { return strings.HasSuffix(string(g.Input), tableSuffix) }

// tableSuffix ends the name of a group's table.
var tableSuffix = string(goka.GroupTable(""))

// Groups returns every goka group, in the order of the flow.
func Groups(c *schemas.Codecs) []Group {
	groups := append([]Group{DedupGroup(c)}, CdcGroups(c)...)
	groups = append(groups, TransactionGroups(c)...)
	groups = append(groups, EntityGroups(c)...)
	groups = append(groups, ReactionsGroup(c), ScoresGroup(c), SessionsGroup(c))
	return append(groups, InvalidationGroups(c)...)
}

// DedupGroup declares `dedup`.
func DedupGroup(c *schemas.Codecs) Group {
	return Group{
		Name: Dedup, Does: "drops repeats, forwards each event once",
		Input: Events, Codec: c.Events, Rows: c.DedupRows, RowKey: schemas.ShortKey,
		Outputs: []Output{
			{Activity, c.Activity, "every distinct event"},
			{Engagements, c.Engagements, "views, impressions, shares"},
			{ReactionInputs, c.ReactionInputs, "likes, comments"},
			{Events, c.Events, "under another key: sent round under its own"},
			{EventsDLQ, c.DeadLetters, "unreadable, or too far in the future"},
		},
		DeadLetters: EventsDLQ,
	}
}

// ReactionsGroup declares `reactions`.
func ReactionsGroup(c *schemas.Codecs) Group {
	return Group{
		Name: Reactions, Does: "keeps one truth per user and post",
		Input: ReactionInputs, Codec: c.ReactionInputs, Rows: c.ReactionRows,
		Outputs: []Output{
			{Engagements, c.Engagements, "likes, comments"},
			{ReactionsDLQ, c.DeadLetters, "unreadable"},
		},
		DeadLetters: ReactionsDLQ,
	}
}

// ScoresGroup declares `scores`.
func ScoresGroup(c *schemas.Codecs) Group {
	return Group{
		Name: Scores, Does: "counts per post, for its lifetime and in time buckets",
		Input: Engagements, Codec: c.Engagements, Rows: c.ScoreRows,
		Outputs: []Output{
			{EngagementsDLQ, c.DeadLetters, "unreadable"},
		},
		DeadLetters: EngagementsDLQ,
	}
}

// SessionsGroup declares `sessions`.
func SessionsGroup(c *schemas.Codecs) Group {
	return Group{
		Name: Sessions, Does: "says which session of its user an event belongs to",
		Input: Activity, Codec: c.Activity, Rows: c.SessionRows,
		Outputs: []Output{
			{EnrichedEvents, c.EnrichedEvents, "every event, with session and devices"},
			{ActivityDLQ, c.DeadLetters, "unreadable"},
		},
		DeadLetters: ActivityDLQ,
	}
}

// Sink declares a consumer group that writes a topic to ClickHouse; not a goka group.
type Sink struct {
	Group       string
	Input       goka.Stream
	Table       string
	DeadLetters goka.Stream
	Does        string
}

// PostEvents declares `sink-post-events`.
func PostEvents() Sink {
	return Sink{PostEventsSink, EnrichedEvents, "post_events", EnrichedDLQ, "writes each event once"}
}

// MirrorOf declares the sink that copies a table of the application's database to ClickHouse.
func MirrorOf(table string) Sink {
	name, input := table, goka.Stream(goka.GroupTable(goka.Group(table)))
	switch table {
	case "follows":
		name = "user_relationships"
	case "likes": // no group keeps them
		input = ChangesOf(table)
	}
	return Sink{"sink-" + table, input, name, MirrorsDLQ, "copies " + table}
}

// CompletedTransactions declares `sink-transactions`.
func CompletedTransactions() Sink {
	return Sink{TransactionsSink, TransactionsCompleted, "cdc_transactions", MirrorsDLQ, "keeps what has passed"}
}

// Sinks returns every sink.
func Sinks() []Sink {
	return []Sink{PostEvents(), CompletedTransactions(), MirrorOf("posts"), MirrorOf("users"), MirrorOf("comments"), MirrorOf("likes"), MirrorOf("follows")}
}
