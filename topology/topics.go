package topology

import (
	"strconv"
	"strings"
	"time"

	"github.com/lovoo/goka"
)

// Stream is the name of a topic, for packages that pass names on.
type Stream = goka.Stream

// Table is the name of a group's table, for packages that pass names on.
type Table = goka.Table

// The topics. A name stands here and nowhere else.
const (
	Events         goka.Stream = "events"
	EventsDLQ      goka.Stream = "events-dlq"
	Activity       goka.Stream = "activity"
	ActivityDLQ    goka.Stream = "activity-dlq"
	EnrichedEvents goka.Stream = "enriched-events"
	EnrichedDLQ    goka.Stream = "enriched-events-dlq"
	ReactionInputs goka.Stream = "reaction-inputs"
	ReactionsDLQ   goka.Stream = "reaction-inputs-dlq"
	Engagements    goka.Stream = "engagements"
	EngagementsDLQ goka.Stream = "engagements-dlq"
	CdcDLQ         goka.Stream = "cdc-dlq"
	ChangesDLQ     goka.Stream = "changes-dlq"

	// CdcFollows is where Debezium writes of follows.
	CdcFollows goka.Stream = "cdc.follows"
	// CdcRevocations is where it writes of token_revocation.
	CdcRevocations goka.Stream = "cdc.token_revocation"
	// CdcTransactions is where Debezium says where transactions begin and end.
	CdcTransactions       goka.Stream = "cdc.transaction"
	TransactionInputs     goka.Stream = "transaction-inputs"
	TransactionsDLQ       goka.Stream = "transaction-inputs-dlq"
	TransactionsCompleted goka.Stream = "transactions-completed"

	MirrorsDLQ goka.Stream = "mirrors-dlq"

	// CacheInvalidations says what caches hold that is old.
	CacheInvalidations    goka.Stream = "cache-invalidations"
	CacheInvalidationsDLQ goka.Stream = "cache-invalidations-dlq"

	// JobsDLQ is where runs of periodic jobs are told of that failed for good.
	JobsDLQ goka.Stream = "jobs-dlq"
	// TopicEpochs numbers the incarnations of topics; the goka layer reads and writes it.
	TopicEpochs goka.Stream = "topic-epochs"
)

// The groups. A group with a table owns the topic "<group>-table".
const (
	Dedup     goka.Group = "dedup"
	Reactions goka.Group = "reactions"
	Scores    goka.Group = "scores"
	Sessions  goka.Group = "sessions"

	CdcLikes    goka.Group = "cdc-likes"
	Posts       goka.Group = "posts"
	Users       goka.Group = "users"
	Comments    goka.Group = "comments"
	Follows     goka.Group = "follows"
	Revocations goka.Group = "revocations"

	CdcTransaction goka.Group = "cdc-transaction"
	Transactions   goka.Group = "transactions"

	// The groups that say of changed rows what of it is old in caches.
	InvalidationsPosts   goka.Group = "invalidations-posts"
	InvalidationsUsers   goka.Group = "invalidations-users"
	InvalidationsFollows goka.Group = "invalidations-follows"
	InvalidationsScores  goka.Group = "invalidations-scores"

	// PostEventsSink is the consumer group that writes ClickHouse's post_events; not a goka group.
	PostEventsSink = "sink-post-events"
	// TransactionsSink is the one that writes ClickHouse's cdc_transactions.
	TransactionsSink = "sink-transactions"
)

// The tables that views read.
const (
	ScoresTable      = goka.Table("scores-table")      // for trending and post statistics
	PostsTable       = goka.Table("posts-table")       // for what is to be seen
	UsersTable       = goka.Table("users-table")       // likewise
	RevocationsTable = goka.Table("revocations-table") // for which tokens are good
	FollowsTable     = goka.Table("follows-table")     // for who follows whom
	ReactionsTable   = goka.Table("reactions-table")   // for whom a reader likes to read
)

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
	Partitions      int32         // 0 for the number that is configured
	AppendTime      bool          // the broker stamps records (LogAppendTime)
	Foreign         bool          // somebody else's, who decides on all of this; what is said here is for where it is missing
	MaxMessageBytes int
}

// Sizes of records, bytes. A dead letter has room for the whole input and its envelope.
const (
	maxRecord     = 1 << 20
	maxForeign    = 8 << 20 // as the connector creates them: a record that Kafka refuses would stop it
	maxDeadLetter = MaxEventBytes + 64<<10

	// MaxEventBytes is what the broker takes on `events`; the decoder refuses far smaller values.
	MaxEventBytes = 2 << 20
)

const (
	retention = 7 * 24 * time.Hour
	// compactionLag keeps a row beside the newer one that a late writer may have put an older one behind.
	compactionLag = 10 * time.Minute
)

// Topics is the catalogue. All topics have the same number of partitions, which is configuration, unless they say else.
func Topics() []Topic {
	stream := func(name goka.Stream, key, owner string) Topic {
		return Topic{Name: string(name), Key: key, Owner: owner, Cleanup: Delete, Retention: retention, AppendTime: true, MaxMessageBytes: maxRecord}
	}
	table := func(group goka.Group, key string) Topic {
		return Topic{Name: string(goka.GroupTable(group)), Key: key, Owner: string(group), Cleanup: Compact, AppendTime: true, MaxMessageBytes: maxRecord}
	}
	foreign := func(name goka.Stream, key string) Topic {
		t := stream(name, key, "Debezium")
		t.AppendTime, t.Foreign, t.MaxMessageBytes = false, true, maxForeign
		return t
	}
	letters := func(name goka.Stream, owner string) Topic {
		t := stream(name, "of the bad input", owner)
		t.MaxMessageBytes, t.Retention = maxDeadLetter, 4*retention
		return t
	}
	events := stream(Events, "user:post", "producers")
	events.MaxMessageBytes = MaxEventBytes
	jobsDLQ := letters(JobsDLQ, "jobs")
	jobsDLQ.Key = "job"
	topics := []Topic{
		events,
		letters(EventsDLQ, string(Dedup)),
		stream(Activity, "user", string(Dedup)),
		letters(ActivityDLQ, string(Sessions)+", "+Seen),
		stream(EnrichedEvents, "user", string(Sessions)),
		letters(EnrichedDLQ, PostEventsSink),
		stream(ReactionInputs, "user:post", string(Dedup)+", "+string(CdcLikes)+", "+string(Comments)),
		letters(ReactionsDLQ, string(Reactions)),
		stream(Engagements, "post", string(Dedup)+", "+string(Reactions)),
		letters(EngagementsDLQ, string(Scores)),
		table(Dedup, "user:post, hashed"),
		table(Reactions, "user:post"),
		table(Scores, "post"),
		table(Sessions, "user"),
		{Name: string(TopicEpochs), Key: "topic and its id", Owner: "every group", Cleanup: Compact, AppendTime: true, Partitions: 1, MaxMessageBytes: maxRecord},
		letters(CdcDLQ, "cdc-*"),
		letters(ChangesDLQ, "keepers of tables"),
		foreign(CdcTransactions, "transaction"),
		stream(TransactionInputs, "transaction", string(CdcTransaction)+", cdc-*"),
		letters(TransactionsDLQ, string(Transactions)),
		stream(TransactionsCompleted, "transaction", string(Transactions)),
		table(Transactions, "transaction"),
		stream(CacheInvalidations, "scope:id", "invalidations-*"),
		letters(CacheInvalidationsDLQ, "invalidations-*, "+Applier),
		letters(MirrorsDLQ, "sinks of mirrors, "+TransactionsSink),
		jobsDLQ,
	}
	for _, e := range Entities() {
		key := strings.Join(e.Key, ":")
		topics = append(topics, foreign(e.Topic, "primary key"), stream(e.Changes, key, string(e.Reader)))
		if e.Keeper != "" {
			topics = append(topics, table(e.Keeper, key))
		}
	}
	return topics
}

// Config returns the topic configuration that must hold, by Kafka's names.
func (t Topic) Config() map[string]string {
	c := map[string]string{
		"cleanup.policy":         string(t.Cleanup),
		"message.timestamp.type": "CreateTime",
		"max.message.bytes":      strconv.Itoa(t.MaxMessageBytes),
	}
	if t.AppendTime {
		c["message.timestamp.type"] = "LogAppendTime"
	}
	switch t.Cleanup {
	case Delete:
		c["retention.ms"] = strconv.FormatInt(t.Retention.Milliseconds(), 10)
	case Compact:
		c["min.compaction.lag.ms"] = strconv.FormatInt(compactionLag.Milliseconds(), 10)
	}
	return c
}
