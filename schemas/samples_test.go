package schemas_test

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/domain/session"
	"github.com/nova-social/nova-streams/internal/domain/transaction"
	"github.com/nova-social/nova-streams/schemas"
)

// sample is a record or row with every field set.
type sample struct {
	codec  goka.Codec
	record any
}

// samples holds one of each kind, by the name of its schema.
func samples(c *schemas.Codecs) map[string]sample {
	event := schemas.Event{
		EventID: "dab4b563-d2ae-53da-a5e6-0cafddbd43b0", EventTime: 1420070400123,
		UserID: "2adb6c00-56f5-5310-a54a-2a6abfbcf961", PostID: "88cc1bc5-5b6c-54ee-b4ed-09dd3f321174", AuthorID: "author",
		Action: engagement.Comment, DwellMS: 2500, Device: "phone", AppVer: "7.1", CommentID: "c-1",
	}
	origin := schemas.Origin{Emitter: "dedup", Epoch: 1, Partition: 3, Offset: 300_000_000_000, N: 2}
	dedup := &schemas.DedupRow{Seen: []schemas.SeenEvent{
		{ID: schemas.HashEventID("a"), At: 1420070400000}, {ID: schemas.HashEventID("b"), At: 1420070401000},
	}}
	score := &schemas.ScoreRow{
		Lifetime:       engagement.Counts{Views: 1000, Impressions: 2000, Likes: 30, Comments: 4, Shares: 5},
		LastEngagement: 1420070400123,
		Buckets: []engagement.Bucket{
			{Start: 1420070395000, Last: 1420070396001, Counts: engagement.Counts{Views: 1, Likes: -1}},
			{Start: 1420070400000, Last: 1420070400123, Counts: engagement.Counts{Impressions: 7, Comments: 1, Shares: 2}},
		},
	}
	sessions := &schemas.SessionRow{Touched: 1420070400300, NewestRoot: 1420070400200, Sessions: []session.Session{
		{ID: schemas.DeriveSessionID("u", "a"), First: 1420060000000, Last: 1420060400000},
		{ID: schemas.DeriveSessionID("u", "b"), First: 1420070300000, Last: 1420070400123, Device: "phone", Devices: []string{"tv", "phone"}},
	}}
	place := change.Position{Epoch: 1, LSN: 26_529_288, Offset: 70_000}
	reactions := &schemas.ReactionRow{
		Like: reaction.Like{Liked: true, At: 1420070400123, Decided: true, Position: place, CommitMS: 1420070400150},
		Comments: reaction.Comments{Nameless: 3, Unnamed: 2, Waiting: []int64{1420070400123}, Known: []reaction.Comment{
			{ID: "c-1", Named: true, Created: true, Deleted: true, Position: place, At: 1420070400122}, {ID: "c-2", Named: true, At: 1420070400121},
		}},
	}
	entity := &schemas.EntityRow{Touched: 1420070400300, Row: change.Row{
		Position: place, CommitMS: 1420070400123, Deleted: true,
		Columns: change.Columns{{Name: "caption", Value: `"two\nlines"`}, {Name: "content", Value: `"long"`}, {Name: "views", Value: "7"}},
		Kept:    []change.Kept{{Name: "content", Since: change.Position{LSN: 26_529_000, Offset: 69_000}, Known: true}, {Name: "notes"}},
	}}
	tables := []schemas.TransactionTable{{Name: "public.likes", Events: 2}, {Name: "public.posts", Events: 1}}
	tx := &schemas.TransactionRow{
		Begun: 1420070400200, Touched: 1420070400300, Epoch: 1, Completed: true, Told: true,
		Transaction: transaction.Transaction{FirstLSN: 26_640_944, Ended: true, Events: 3, Tables: []transaction.Table{
			{Name: "public.likes", Events: 2, Seen: transaction.Ranges{{First: 1, Last: 1}, {First: 3, Last: 3}}}, {Name: "public.posts", Events: 1},
		}},
	}
	for _, row := range []schemas.Row{dedup, reactions, score, sessions, entity, tx} {
		row.SetLast(schemas.Position{Epoch: 2, Offset: 123_456_789})
	}
	return map[string]sample{
		"event":    {c.Events, &event},
		"activity": {c.Activity, &schemas.Activity{Event: event, RootTime: 1420070400200, Origin: origin}},
		"enriched_event": {c.EnrichedEvents, &schemas.EnrichedEvent{
			Event: event, RootTime: 1420070400200, RootPartition: 3, RootOffset: 300_000_000_000,
			SessionID: schemas.DeriveSessionID("u", "b").String(), DeviceCount: 2, PreviousDevice: "tv",
			ConnectsSessionID: schemas.DeriveSessionID("u", "a").String(),
			Origin:            schemas.Origin{Emitter: "sessions", Epoch: 1, Partition: 2, Offset: 400_000_000_000},
		}},
		"reaction_input": {c.ReactionInputs, &schemas.ReactionInput{
			UserID: event.UserID, PostID: event.PostID, Kind: schemas.ReactionUncomment, Source: schemas.SourceClient,
			EventTime: event.EventTime, RootTime: 1420070400200, CommentID: "c-1", Position: place,
			CommitMS: 1420070400150, Snapshot: true, Origin: origin,
		}},
		"engagement": {c.Engagements, &schemas.Engagement{
			PostID: event.PostID, Action: engagement.Like, Delta: -1, EventTime: event.EventTime, RootTime: 1420070400200, Origin: origin,
		}},
		"dead_letter": {c.DeadLetters, &schemas.DeadLetter{
			Topic: "events", Partition: 3, Offset: 42, AppendTime: 1420070400200, Stage: "dedup", Reason: schemas.ReasonMalformed,
			Detail: "value: cut", Key: []byte("u:p"), Value: []byte{0, 1, 2, 0xff}, ValueSize: 400, Truncated: true, Origin: origin,
		}},
		"cache_invalidation": {c.CacheInvalidations, &schemas.CacheInvalidation{
			Scope: schemas.InvalidPost, ID: event.PostID, Reason: schemas.InvalidChanged, Table: "posts-table", Partition: 3, Offset: 300_000_000_000,
			EventTime: 1420070400123,
		}},
		"transaction_input": {c.TransactionInputs, &schemas.TransactionInput{
			TxID: 774, CommitMS: 1420070400123, Part: schemas.TransactionEnd, LSN: 26_642_880, Epoch: 1, Table: "public.posts", Order: 4,
			Events: 3, Tables: tables, Origin: origin,
		}},
		"transaction_completed": {c.TransactionsCompleted, &schemas.TransactionCompleted{
			TxID: 774, CommitMS: 1420070400123, Epoch: 1, FirstLSN: 26_640_944, Events: 3, Tables: tables, CompletedMS: 1420070400300, Origin: origin,
		}},
		"transaction_row": {c.TransactionRows, tx},

		"dedup_row":    {c.DedupRows, dedup},
		"reaction_row": {c.ReactionRows, reactions},
		"score_row":    {c.ScoreRows, score},
		"session_row":  {c.SessionRows, sessions},
		"entity_row":   {c.EntityRows, entity},
		"change": {c.Changes, &schemas.Change{
			Table: "posts", ID: event.PostID, Op: schemas.ChangeUpsert, Position: place, CommitMS: 1420070400123, RootTime: 1420070400200,
			Snapshot: true, PreviousID: "before", TxID: 774, TxOrder: 2, Columns: entity.Columns, Unchanged: []string{"content"}, Origin: origin,
		}},
	}
}

// withoutRaw drops what only a decoded event has.
func withoutRaw(record any) any {
	if e, ok := record.(*schemas.Event); ok {
		e.Raw = nil
	}
	return record
}
