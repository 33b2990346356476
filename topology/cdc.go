package topology

import (
	"slices"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Entity is a table of the application's database on its way to us: a topic of Debezium, the group that reads it, and the
// changes that come of it.
type Entity struct {
	Table   string      // as we name it
	Source  string      // as the database names it
	Key     []string    // columns whose values are the natural id
	Topic   goka.Stream // of Debezium
	Reader  goka.Group  // makes changes of it
	Changes goka.Stream // what comes of it
	Keeper  goka.Group  // keeps the rows; "" for none
	Forgets bool        // Keeper forgets a deleted row some time later: nothing depends on its having been there
}

// Entities are the tables of the application.
func Entities() []Entity {
	return []Entity{
		{Table: "posts", Source: "posts", Key: []string{"id"}, Topic: "cdc.posts", Reader: "cdc-posts", Changes: ChangesOf("posts"), Keeper: Posts},
		{Table: "users", Source: "users", Key: []string{"id"}, Topic: "cdc.users", Reader: "cdc-users", Changes: ChangesOf("users"), Keeper: Users},
		{Table: "comments", Source: "comments", Key: []string{"id"}, Topic: "cdc.comments", Reader: "cdc-comments", Changes: ChangesOf("comments"), Keeper: Comments, Forgets: true},
		{Table: "likes", Source: "likes", Key: []string{"user_id", "post_id"}, Topic: "cdc.likes", Reader: CdcLikes, Changes: ChangesOf("likes")},
		{
			Table: "follows", Source: "follows", Key: []string{"follower_id", "followee_id"}, Topic: CdcFollows, Reader: "cdc-follows",
			Changes: ChangesOf("follows"), Keeper: Follows, Forgets: true,
		},
		{
			Table: "revocations", Source: "token_revocation", Key: []string{"jti"}, Topic: CdcRevocations, Reader: "cdc-token-revocation",
			Changes: ChangesOf("revocations"), Keeper: Revocations, Forgets: true,
		},
	}
}

// ChangesOf returns the topic of the changes of a table.
func ChangesOf(table string) goka.Stream { return goka.Stream("changes." + table) }

// CdcGroups declares the groups that make changes of what Debezium writes: one for each table.
func CdcGroups(c *schemas.Codecs) []Group {
	var groups []Group
	for _, e := range Entities() {
		g := Group{
			Name: e.Reader, Does: "reads what Debezium says of " + e.Source,
			Input: e.Topic, Codec: c.Connector, Stateless: true,
			Outputs: []Output{
				{e.Changes, c.Changes, "under natural ids"},
				{TransactionInputs, c.TransactionInputs, "what has passed"},
				{CdcDLQ, c.DeadLetters, "unreadable"},
			},
			DeadLetters: CdcDLQ,
		}
		if e.Reader == CdcLikes {
			g.Outputs = slices.Insert(g.Outputs, 1, Output{ReactionInputs, c.ReactionInputs, "likes, as the database has them"})
		}
		groups = append(groups, g)
	}
	return groups
}

// TransactionGroups declares the groups that say which transactions of the application's database have passed.
func TransactionGroups(c *schemas.Codecs) []Group {
	return []Group{
		{
			Name: CdcTransaction, Does: "reads where transactions begin and end",
			Input: CdcTransactions, Codec: c.Connector, Stateless: true,
			Outputs: []Output{
				{TransactionInputs, c.TransactionInputs, "begins and ends"},
				{CdcDLQ, c.DeadLetters, "unreadable"},
			},
			DeadLetters: CdcDLQ,
		},
		{
			Name: Transactions, Does: "says when all changes of a transaction have passed",
			Input: TransactionInputs, Codec: c.TransactionInputs, Rows: c.TransactionRows,
			Outputs: []Output{
				{TransactionsCompleted, c.TransactionsCompleted, "once or more under one key"},
				{TransactionsDLQ, c.DeadLetters, "unreadable"},
			},
			DeadLetters: TransactionsDLQ,
		},
	}
}

// EntityGroups declares the groups that keep the rows of the application's tables.
func EntityGroups(c *schemas.Codecs) []Group {
	var groups []Group
	for _, e := range Entities() {
		if e.Keeper == "" {
			continue
		}
		g := Group{
			Name: e.Keeper, Does: "keeps the rows of " + e.Source,
			Input: e.Changes, Codec: c.Changes, Rows: c.EntityRows, RowKey: schemas.EntityName,
			Outputs:     []Output{{ChangesDLQ, c.DeadLetters, "unreadable"}},
			DeadLetters: ChangesDLQ,
		}
		if e.Keeper == Comments {
			g.Outputs = slices.Insert(g.Outputs, 0, Output{ReactionInputs, c.ReactionInputs, "comments, as the database has them"})
		}
		groups = append(groups, g)
	}
	return groups
}
