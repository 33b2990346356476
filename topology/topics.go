package topology

import (
	"time"

	"github.com/lovoo/goka"
)

// The topics. A name stands here and nowhere else.
const (
	Events         goka.Stream = "events"
	EventsDLQ      goka.Stream = "events-dlq"
	Activity       goka.Stream = "activity"
	ActivityDLQ    goka.Stream = "activity-dlq"
	ReactionInputs goka.Stream = "reaction-inputs"
	Engagements    goka.Stream = "engagements"
)

// The groups. A group with a table owns the topic "<group>-table".
const (
	Dedup     goka.Group = "dedup"
	Reactions goka.Group = "reactions"
	Scores    goka.Group = "scores"
	// PostEventsSink is the consumer group that writes ClickHouse's post_events; not a goka group.
	PostEventsSink = "sink-post-events"
)

// ScoresTable is the table that views of trending and post statistics read.
const ScoresTable = goka.Table("scores-table")

// Cleanup is how Kafka thins a topic out.
type Cleanup string

// The cleanup policies.
const (
	Delete  Cleanup = "delete"
	Compact Cleanup = "compact"
)

// Topic is one entry of the catalogue: what provisioning creates and checks.
type Topic struct {
	Name            string
	Key             string // what the key says, for readers
	Owner           string // who writes it
	Cleanup         Cleanup
	Retention       time.Duration // for Delete
	AppendTime      bool          // the broker stamps records (LogAppendTime)
	MaxMessageBytes int
}

// Sizes of records, bytes. A dead letter has room for the whole input and its envelope.
const (
	maxRecord     = 1 << 20
	MaxEventBytes = 2 << 20 // what the broker takes on `events`; the decoder refuses far smaller values
	maxDeadLetter = MaxEventBytes + 64<<10
)

const retention = 7 * 24 * time.Hour

// Topics is the catalogue. All topics have the same number of partitions, which is configuration.
func Topics() []Topic {
	stream := func(name goka.Stream, key, owner string) Topic {
		return Topic{Name: string(name), Key: key, Owner: owner, Cleanup: Delete, Retention: retention, AppendTime: true, MaxMessageBytes: maxRecord}
	}
	table := func(group goka.Group, key string) Topic {
		return Topic{Name: string(goka.GroupTable(group)), Key: key, Owner: string(group), Cleanup: Compact, AppendTime: true, MaxMessageBytes: maxRecord}
	}
	events := stream(Events, "user:post", "producers")
	events.MaxMessageBytes = MaxEventBytes
	dlq := stream(EventsDLQ, "of the bad input", string(Dedup))
	dlq.MaxMessageBytes = maxDeadLetter
	dlq.Retention = 4 * retention
	rowsDLQ := stream(ActivityDLQ, "of the bad input", PostEventsSink)
	rowsDLQ.MaxMessageBytes = maxDeadLetter
	rowsDLQ.Retention = 4 * retention
	return []Topic{
		events,
		dlq,
		stream(Activity, "user:post", string(Dedup)),
		rowsDLQ,
		stream(ReactionInputs, "user:post", string(Dedup)),
		stream(Engagements, "post", string(Dedup)+", "+string(Reactions)),
		table(Dedup, "user:post"),
		table(Reactions, "user:post"),
		table(Scores, "post"),
	}
}
