package schemas_test

import (
	"os"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// agrees checks our codec against goavro, a library that shares no code with it: each reads what the other wrote, in
// the same bytes. native is the record in goavro's terms, head the bytes before the Avro body.
func agrees[T any](t *testing.T, name string, codec goka.Codec, head int, records *rapid.Generator[T], native func(T) map[string]any) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		text, err := os.ReadFile("avro/" + name + ".avsc")
		require.NoError(t, err)
		other, err := goavro.NewCodec(string(text))
		require.NoError(t, err)
		rapid.Check(t, func(t *rapid.T) {
			record := records.Draw(t, "record")
			want := native(record)
			ours := encode(t, codec, record)

			read, rest, err := other.NativeFromBinary(ours[head:])
			require.NoError(t, err)
			require.Empty(t, rest)
			require.Equal(t, any(want), read)

			theirs, err := other.BinaryFromNative(ours[:head:head], want)
			require.NoError(t, err)
			require.Equal(t, ours, theirs)
			require.Equal(t, any(record), withoutRaw(decode(t, codec, theirs)))
		})
	})
}

func ms(t int64) time.Time { return time.UnixMilli(t).UTC() }

func originNative(o schemas.Origin) map[string]any {
	return map[string]any{"emitter": o.Emitter, "epoch": o.Epoch, "partition": o.Partition, "offset": o.Offset, "n": o.N}
}

func columnsNative(c change.Columns) []any {
	native := make([]any, len(c))
	for i := range c {
		native[i] = map[string]any{"name": c[i].Name, "value": c[i].Value}
	}
	return native
}

func maybeBytes(b []byte) any {
	if b == nil {
		return nil
	}
	return goavro.Union("bytes", b)
}

func TestGoavroAgreesOnRecords(t *testing.T) {
	c, _ := newCodecs(t)
	agrees(t, "event", c.Events, 5, events, func(e *schemas.Event) map[string]any {
		return map[string]any{
			"event_id": goavro.Union("string", e.EventID), "event_time": ms(e.EventTime), "user_id": e.UserID, "post_id": e.PostID,
			"author_id": goavro.Union("string", e.AuthorID), "action": e.Action.String(), "dwell_ms": goavro.Union("long", e.DwellMS),
			"device": goavro.Union("string", e.Device), "app_ver": goavro.Union("string", e.AppVer), "comment_id": goavro.Union("string", e.CommentID),
		}
	})
	agrees(t, "activity", c.Activity, 5, activities, func(a *schemas.Activity) map[string]any {
		return map[string]any{
			"event_id": a.EventID, "event_time": ms(a.EventTime), "user_id": a.UserID, "post_id": a.PostID, "author_id": a.AuthorID,
			"action": a.Action.String(), "dwell_ms": a.DwellMS, "device": a.Device, "app_ver": a.AppVer, "comment_id": a.CommentID,
			"root_time": ms(a.RootTime), "origin": originNative(a.Origin),
		}
	})
	agrees(t, "enriched_event", c.EnrichedEvents, 5, enrichedEvents, func(e *schemas.EnrichedEvent) map[string]any {
		return map[string]any{
			"event_id": e.EventID, "event_time": ms(e.EventTime), "user_id": e.UserID, "post_id": e.PostID, "author_id": e.AuthorID,
			"action": e.Action.String(), "dwell_ms": e.DwellMS, "device": e.Device, "app_ver": e.AppVer, "comment_id": e.CommentID,
			"root_time": ms(e.RootTime), "root_partition": e.RootPartition, "root_offset": e.RootOffset, "session_id": e.SessionID,
			"device_count": e.DeviceCount, "previous_device": e.PreviousDevice, "connects_session_id": e.ConnectsSessionID,
			"origin": originNative(e.Origin),
		}
	})
	kinds := []string{"none", "like", "unlike", "comment", "uncomment"}
	sources := []string{"none", "client", "database"}
	agrees(t, "reaction_input", c.ReactionInputs, 5, reactionInputs, func(r *schemas.ReactionInput) map[string]any {
		return map[string]any{
			"user_id": r.UserID, "post_id": r.PostID, "kind": kinds[r.Kind], "source": sources[r.Source], "event_time": ms(r.EventTime),
			"root_time": ms(r.RootTime), "comment_id": r.CommentID, "source_epoch": r.Epoch, "lsn": r.LSN, "source_offset": r.Offset,
			"commit_ms": r.CommitMS, "snapshot": r.Snapshot,
			"origin": originNative(r.Origin),
		}
	})
	ops := []string{"none", "upsert", "delete", "truncate"}
	agrees(t, "change", c.Changes, 5, changes, func(x *schemas.Change) map[string]any {
		unchanged := make([]any, len(x.Unchanged))
		for i, name := range x.Unchanged {
			unchanged[i] = name
		}
		return map[string]any{
			"table": x.Table, "id": x.ID, "op": ops[x.Op], "source_epoch": x.Epoch, "lsn": x.LSN, "source_offset": x.Offset,
			"commit_ms": ms(x.CommitMS), "root_time": ms(x.RootTime), "snapshot": x.Snapshot, "previous_id": x.PreviousID,
			"tx_id": x.TxID, "tx_order": x.TxOrder, "columns": columnsNative(x.Columns), "unchanged": unchanged, "origin": originNative(x.Origin),
		}
	})
	agrees(t, "engagement", c.Engagements, 5, engagements, func(e *schemas.Engagement) map[string]any {
		return map[string]any{
			"post_id": e.PostID, "action": e.Action.String(), "delta": e.Delta, "event_time": ms(e.EventTime), "root_time": ms(e.RootTime),
			"origin": originNative(e.Origin),
		}
	})
	agrees(t, "dead_letter", c.DeadLetters, 5, deadLetters, func(d *schemas.DeadLetter) map[string]any {
		return map[string]any{
			"topic": d.Topic, "partition": d.Partition, "offset": d.Offset, "append_time": ms(d.AppendTime), "stage": d.Stage,
			"reason": string(d.Reason), "detail": d.Detail, "key": maybeBytes(d.Key), "value": maybeBytes(d.Value),
			"value_size": d.ValueSize, "truncated": d.Truncated, "origin": originNative(d.Origin),
		}
	})
}

func TestGoavroAgreesOnRows(t *testing.T) {
	c, _ := newCodecs(t)
	agrees(t, "dedup_row", c.DedupRows, 1, dedupRows, func(r *schemas.DedupRow) map[string]any {
		seen := make([]any, len(r.Seen))
		for i, s := range r.Seen {
			seen[i] = map[string]any{"id": s.ID[:], "at": s.At}
		}
		return map[string]any{"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "seen": seen}
	})
	agrees(t, "reaction_row", c.ReactionRows, 1, reactionRows, func(r *schemas.ReactionRow) map[string]any {
		decidedBy := "none"
		if r.Like.Decided {
			decidedBy = "database"
		} else if r.Like.Liked {
			decidedBy = "client"
		}
		waiting, known := []any{}, []any{}
		for _, at := range r.Comments.Waiting {
			waiting = append(waiting, at)
		}
		for _, k := range r.Comments.Known {
			known = append(known, map[string]any{
				"id": k.ID, "named": k.Named, "created": k.Created, "deleted": k.Deleted,
				"source_epoch": k.Position.Epoch, "lsn": k.Position.LSN, "source_offset": k.Position.Offset, "at": k.At,
			})
		}
		return map[string]any{
			"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "liked": r.Like.Liked, "liked_at": r.Like.At, "decided_by": decidedBy,
			"source_epoch": r.Like.Position.Epoch, "lsn": r.Like.Position.LSN, "source_offset": r.Like.Position.Offset, "commit_ms": r.Like.CommitMS,
			"nameless": r.Comments.Nameless, "unnamed": r.Comments.Unnamed, "waiting": waiting, "known": known,
		}
	})
	agrees(t, "score_row", c.ScoreRows, 1, scoreRows, func(r *schemas.ScoreRow) map[string]any {
		counts := []any{}
		kinds := func(c engagement.Counts) (kinds int32) {
			for bit, n := range map[int32]int64{1: c.Views, 2: c.Impressions, 4: c.Likes, 8: c.Comments, 16: c.Shares} {
				if n != 0 {
					kinds += bit
				}
			}
			for _, n := range []int64{c.Views, c.Impressions, c.Likes, c.Comments, c.Shares} {
				if n != 0 {
					counts = append(counts, n)
				}
			}
			return kinds
		}
		var inBuckets engagement.Counts
		for _, b := range r.Buckets {
			inBuckets = inBuckets.Plus(b.Counts)
		}
		l := r.Lifetime
		older := kinds(engagement.Counts{
			Views: l.Views - inBuckets.Views, Impressions: l.Impressions - inBuckets.Impressions, Likes: l.Likes - inBuckets.Likes,
			Comments: l.Comments - inBuckets.Comments, Shares: l.Shares - inBuckets.Shares,
		})
		buckets := make([]any, len(r.Buckets))
		before := r.LastEngagement
		for i, b := range r.Buckets {
			buckets[i] = map[string]any{"gap": b.Start - before, "last": b.Last - b.Start, "kinds": kinds(b.Counts)}
			before = b.Start
		}
		return map[string]any{
			"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "last_engagement": r.LastEngagement, "older": older,
			"buckets": buckets, "counts": counts,
		}
	})
	agrees(t, "session_row", c.SessionRows, 1, sessionRows, func(r *schemas.SessionRow) map[string]any {
		sessions := make([]any, len(r.Sessions))
		for i, s := range r.Sessions {
			devices := make([]any, len(s.Devices))
			for d, device := range s.Devices {
				devices[d] = device
			}
			sessions[i] = map[string]any{"id": s.ID[:], "first": s.First, "last": s.Last, "device": s.Device, "devices": devices}
		}
		return map[string]any{
			"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "touched": r.Touched, "newest_root": r.NewestRoot, "sessions": sessions,
		}
	})
	agrees(t, "entity_row", c.EntityRows, 1, entityRows, func(r *schemas.EntityRow) map[string]any {
		kept := make([]any, len(r.Kept))
		for i, k := range r.Kept {
			kept[i] = map[string]any{"name": k.Name, "source_epoch": k.Since.Epoch, "lsn": k.Since.LSN, "source_offset": k.Since.Offset, "known": k.Known}
		}
		return map[string]any{
			"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "touched": r.Touched, "source_epoch": r.Position.Epoch, "lsn": r.Position.LSN,
			"source_offset": r.Position.Offset, "commit_ms": r.CommitMS, "deleted": r.Deleted, "columns": columnsNative(r.Columns), "kept": kept,
		}
	})
}
