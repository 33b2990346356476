package schemas_test

import (
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/domain/session"
	"github.com/nova-social/nova-streams/schemas"
)

// Generators of records. Times are what timestamp-millis libraries can hold; texts are any valid UTF-8, except in
// events, which are checked.
var (
	times    = rapid.Int64Range(0, schemas.MaxEventTime)
	actions  = rapid.Map(rapid.IntRange(int(engagement.View), int(engagement.Share)), func(i int) engagement.Action { return engagement.Action(i) })
	ids      = rapid.StringOfN(rapid.RuneFrom([]rune("abcXYZ019-:_./ éß日🎈")), 1, 60, schemas.MaxIDBytes)
	labels   = rapid.StringOfN(rapid.RuneFrom([]rune("abc 1.é")), 0, 60, schemas.MaxLabelBytes)
	optional = rapid.OneOf(rapid.Just(""), ids)

	origins = rapid.Custom(func(t *rapid.T) schemas.Origin {
		return schemas.Origin{
			Emitter: rapid.String().Draw(t, "emitter"), Epoch: rapid.Int32().Draw(t, "epoch"), Partition: rapid.Int32().Draw(t, "partition"),
			Offset: rapid.Int64().Draw(t, "offset"), N: rapid.Int32().Draw(t, "n"),
		}
	})
	positions = rapid.Custom(func(t *rapid.T) schemas.Position {
		return schemas.Position{Epoch: rapid.Int32().Draw(t, "epoch"), Offset: rapid.Int64().Draw(t, "offset")}
	})
	places = rapid.Custom(func(t *rapid.T) change.Position {
		return change.Position{Epoch: rapid.Int32().Draw(t, "source_epoch"), LSN: rapid.Int64().Draw(t, "lsn"), Offset: rapid.Int64().Draw(t, "source_offset")}
	})
	columns = rapid.Custom(func(t *rapid.T) change.Columns {
		c := change.Columns{}
		for range rapid.IntRange(0, 3).Draw(t, "columns") {
			c = append(c, change.Column{Name: rapid.String().Draw(t, "name"), Value: rapid.String().Draw(t, "value")})
		}
		return c
	})
	counts = rapid.Custom(func(t *rapid.T) engagement.Counts {
		n := rapid.OneOf(rapid.Just(int64(0)), rapid.Int64())
		return engagement.Counts{
			Views: n.Draw(t, "views"), Impressions: n.Draw(t, "impressions"), Likes: n.Draw(t, "likes"),
			Comments: n.Draw(t, "comments"), Shares: n.Draw(t, "shares"),
		}
	})

	events = rapid.Custom(func(t *rapid.T) *schemas.Event {
		return &schemas.Event{
			EventID: ids.Draw(t, "event_id"), EventTime: times.Draw(t, "event_time"), UserID: ids.Draw(t, "user_id"), PostID: ids.Draw(t, "post_id"),
			AuthorID: optional.Draw(t, "author_id"), Action: actions.Draw(t, "action"), DwellMS: rapid.Int64Min(0).Draw(t, "dwell_ms"),
			Device: labels.Draw(t, "device"), AppVer: labels.Draw(t, "app_ver"), CommentID: optional.Draw(t, "comment_id"),
		}
	})
	activities = rapid.Custom(func(t *rapid.T) *schemas.Activity {
		return &schemas.Activity{Event: *events.Draw(t, "event"), RootTime: times.Draw(t, "root_time"), Origin: origins.Draw(t, "origin")}
	})
	enrichedEvents = rapid.Custom(func(t *rapid.T) *schemas.EnrichedEvent {
		return &schemas.EnrichedEvent{
			Event: *events.Draw(t, "event"), RootTime: times.Draw(t, "root_time"),
			RootPartition: rapid.Int32().Draw(t, "root_partition"), RootOffset: rapid.Int64().Draw(t, "root_offset"),
			SessionID: rapid.String().Draw(t, "session_id"), DeviceCount: rapid.Int32().Draw(t, "device_count"),
			PreviousDevice: labels.Draw(t, "previous_device"), ConnectsSessionID: rapid.String().Draw(t, "connects_session_id"),
			Origin: origins.Draw(t, "origin"),
		}
	})
	reactionInputs = rapid.Custom(func(t *rapid.T) *schemas.ReactionInput {
		return &schemas.ReactionInput{
			UserID: rapid.String().Draw(t, "user_id"), PostID: rapid.String().Draw(t, "post_id"),
			Kind:      schemas.ReactionKind(rapid.IntRange(0, int(schemas.ReactionUncomment)).Draw(t, "kind")),
			Source:    schemas.ReactionSource(rapid.IntRange(0, int(schemas.SourceDatabase)).Draw(t, "source")),
			EventTime: times.Draw(t, "event_time"), RootTime: times.Draw(t, "root_time"), CommentID: rapid.String().Draw(t, "comment_id"),
			Position: places.Draw(t, "position"), CommitMS: times.Draw(t, "commit_ms"), Snapshot: rapid.Bool().Draw(t, "snapshot"),
			Origin: origins.Draw(t, "origin"),
		}
	})
	changes = rapid.Custom(func(t *rapid.T) *schemas.Change {
		return &schemas.Change{
			Table: rapid.String().Draw(t, "table"), ID: rapid.String().Draw(t, "id"),
			Op:       schemas.ChangeOp(rapid.IntRange(0, int(schemas.ChangeTruncate)).Draw(t, "op")),
			Position: places.Draw(t, "position"), CommitMS: times.Draw(t, "commit_ms"), RootTime: times.Draw(t, "root_time"),
			Snapshot: rapid.Bool().Draw(t, "snapshot"), PreviousID: rapid.String().Draw(t, "previous_id"),
			TxID: rapid.Int64().Draw(t, "tx_id"), TxOrder: rapid.Int64().Draw(t, "tx_order"), Columns: columns.Draw(t, "columns"),
			Unchanged: append([]string{}, rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "unchanged")...), Origin: origins.Draw(t, "origin"),
		}
	})
	engagements = rapid.Custom(func(t *rapid.T) *schemas.Engagement {
		return &schemas.Engagement{
			PostID: rapid.String().Draw(t, "post_id"), Action: actions.Draw(t, "action"), Delta: rapid.Int32().Draw(t, "delta"),
			EventTime: times.Draw(t, "event_time"), RootTime: times.Draw(t, "root_time"), Origin: origins.Draw(t, "origin"),
		}
	})
	deadLetters = rapid.Custom(func(t *rapid.T) *schemas.DeadLetter {
		raw := rapid.OneOf(rapid.Just([]byte(nil)), rapid.SliceOf(rapid.Byte())) // null and empty are not the same
		return &schemas.DeadLetter{
			Topic: rapid.String().Draw(t, "topic"), Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"),
			AppendTime: times.Draw(t, "append_time"), Stage: rapid.String().Draw(t, "stage"), Reason: schemas.Reason(rapid.String().Draw(t, "reason")),
			Detail: rapid.String().Draw(t, "detail"), Key: raw.Draw(t, "key"), Value: raw.Draw(t, "value"),
			ValueSize: rapid.Int64().Draw(t, "value_size"), Truncated: rapid.Bool().Draw(t, "truncated"), Origin: origins.Draw(t, "origin"),
		}
	})
	cacheInvalidations = rapid.Custom(func(t *rapid.T) *schemas.CacheInvalidation {
		return &schemas.CacheInvalidation{
			Scope: schemas.InvalidationScope(rapid.String().Draw(t, "scope")), ID: rapid.String().Draw(t, "id"),
			Reason: schemas.InvalidationReason(rapid.String().Draw(t, "reason")), Table: rapid.String().Draw(t, "table"),
			Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"), EventTime: times.Draw(t, "event_time"),
		}
	})

	dedupRows = rapid.Custom(func(t *rapid.T) *schemas.DedupRow {
		row := &schemas.DedupRow{}
		for _, at := range rapid.SliceOf(rapid.Int64()).Draw(t, "seen") {
			row.Seen = append(row.Seen, schemas.SeenEvent{ID: schemas.HashEventID(rapid.String().Draw(t, "id")), At: at})
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
	reactionRows = rapid.Custom(func(t *rapid.T) *schemas.ReactionRow {
		row := &schemas.ReactionRow{
			Like: reaction.Like{
				Liked: rapid.Bool().Draw(t, "liked"), At: rapid.Int64().Draw(t, "at"), Decided: rapid.Bool().Draw(t, "decided"), Position: places.Draw(t, "position"),
				CommitMS: rapid.Int64().Draw(t, "commit_ms"),
			},
			Comments: reaction.Comments{
				Nameless: rapid.Int64().Draw(t, "nameless"), Unnamed: rapid.Int64().Draw(t, "unnamed"),
			},
		}
		row.Comments.Waiting = append(row.Comments.Waiting, rapid.SliceOfN(rapid.Int64(), 0, 3).Draw(t, "waiting")...) // none is nil
		for range rapid.IntRange(0, 3).Draw(t, "known") {
			row.Comments.Known = append(row.Comments.Known, reaction.Comment{
				ID: rapid.String().Draw(t, "id"), Named: rapid.Bool().Draw(t, "named"), Created: rapid.Bool().Draw(t, "created"),
				Deleted: rapid.Bool().Draw(t, "deleted"), Position: places.Draw(t, "position"), At: rapid.Int64().Draw(t, "at"),
			})
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
	scoreRows = rapid.Custom(func(t *rapid.T) *schemas.ScoreRow {
		row := &schemas.ScoreRow{Lifetime: counts.Draw(t, "lifetime"), LastEngagement: rapid.Int64().Draw(t, "last_engagement")}
		for _, start := range rapid.SliceOf(rapid.Int64()).Draw(t, "buckets") {
			row.Buckets = append(row.Buckets, engagement.Bucket{Start: start, Last: rapid.Int64().Draw(t, "last"), Counts: counts.Draw(t, "counts")})
		}
		if rapid.Bool().Draw(t, "young") { // all it ever had is in its buckets
			row.Lifetime = engagement.Counts{}
			for _, b := range row.Buckets {
				row.Lifetime = row.Lifetime.Plus(b.Counts)
			}
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
	entityRows = rapid.Custom(func(t *rapid.T) *schemas.EntityRow {
		row := &schemas.EntityRow{Touched: rapid.Int64().Draw(t, "touched"), Row: change.Row{
			Position: places.Draw(t, "position"), CommitMS: rapid.Int64().Draw(t, "commit_ms"), Deleted: rapid.Bool().Draw(t, "deleted"),
		}}
		row.Columns = append(row.Columns, columns.Draw(t, "columns")...) // none is nil
		for range rapid.IntRange(0, 3).Draw(t, "kept") {
			row.Kept = append(row.Kept, change.Kept{Name: rapid.String().Draw(t, "name"), Since: places.Draw(t, "since"), Known: rapid.Bool().Draw(t, "known")})
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
	sessionRows = rapid.Custom(func(t *rapid.T) *schemas.SessionRow {
		row := &schemas.SessionRow{Touched: rapid.Int64().Draw(t, "touched"), NewestRoot: rapid.Int64().Draw(t, "newest_root")}
		for _, first := range rapid.SliceOf(rapid.Int64()).Draw(t, "sessions") {
			s := session.Session{
				ID: schemas.DeriveSessionID("u", rapid.String().Draw(t, "id")), First: first, Last: rapid.Int64().Draw(t, "last"),
				Device: rapid.String().Draw(t, "device"),
			}
			s.Devices = append(s.Devices, rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "devices")...) // none is nil
			row.Sessions = append(row.Sessions, s)
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
)
