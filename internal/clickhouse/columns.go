package clickhouse

import (
	"slices"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// column is one column of an insert: where its value comes from, for all rows of a block at once.
type column struct {
	name   string
	typ    string // as ClickHouse spells it
	values func(*Block) any
}

func col[T any](name, typ string, value func(*Block, *Row) T) column {
	return column{name, typ, func(b *Block) any {
		values := make([]T, len(b.Rows))
		for i := range b.Rows {
			values[i] = value(b, &b.Rows[i])
		}
		return values
	}}
}

// currentColumns is the version of the column list that new batches are announced and written with.
const currentColumns = 2

// columnLists are the column lists of all versions. A version never changes: a range announced with one is written with
// it, whoever finishes the range. Columns that are not listed take the table's defaults.
var columnLists = map[int32][]column{1: columns1, 2: columns2}

var (
	columns1 = []column{
		col("event_id", "String", func(_ *Block, r *Row) string { return r.EventID }),
		col("event_time", "DateTime64(3, 'UTC')", func(_ *Block, r *Row) int64 { return r.EventTime }),
		col("event_type", eventTypes, func(_ *Block, r *Row) string { return eventType[r.Action] }),
		col("user_id", "String", func(_ *Block, r *Row) string { return r.UserID }),
		col("post_id", "String", func(_ *Block, r *Row) string { return r.PostID }),
		col("author_id", "String", func(_ *Block, r *Row) string { return r.AuthorID }),
		col("dwell_ms", "Int64", func(_ *Block, r *Row) int64 { return r.DwellMS }),
		col("device", "LowCardinality(String)", func(_ *Block, r *Row) string { return r.Device }),
		col("app_ver", "LowCardinality(String)", func(_ *Block, r *Row) string { return r.AppVer }),
		col("comment_id", "String", func(_ *Block, r *Row) string { return r.CommentID }),
		col("root_time", "DateTime64(3, 'UTC')", func(_ *Block, r *Row) int64 { return r.RootTime }),
		col("kafka_topic_id", "LowCardinality(String)", func(b *Block, _ *Row) string { return b.TopicID }),
		col("kafka_partition", "Int32", func(b *Block, _ *Row) int32 { return b.Partition }),
		col("kafka_offset", "Int64", func(_ *Block, r *Row) int64 { return r.Offset }),
		col("batch_first", "Int64", func(b *Block, _ *Row) int64 { return b.First }),
		col("batch_last", "Int64", func(b *Block, _ *Row) int64 { return b.Last }),
		col("batch_attempt", "Int32", func(b *Block, _ *Row) int32 { return b.Attempt }),
	}
	columns2 = append(slices.Clone(columns1),
		col("session_id", "String", func(_ *Block, r *Row) string { return r.SessionID }),
		col("device_count", "UInt16", func(_ *Block, r *Row) uint16 { return uint16(r.DeviceCount) }),
		col("previous_device", "LowCardinality(String)", func(_ *Block, r *Row) string { return r.PreviousDevice }),
		col("connects_session_id", "String", func(_ *Block, r *Row) string { return r.ConnectsSessionID }),
		col("root_partition", "Int32", func(_ *Block, r *Row) int32 { return r.RootPartition }),
		col("root_offset", "Int64", func(_ *Block, r *Row) int64 { return r.RootOffset }),
		col("batch_before", "UInt64", func(b *Block, _ *Row) uint64 { return b.Before }),
		col("batch_rows", "UInt32", func(b *Block, _ *Row) uint32 { return uint32(len(b.Rows)) }),
	)
)

const eventTypes = `Enum8('post_view' = 1, 'post_impression' = 2, 'post_like' = 3, 'post_comment' = 4, 'post_share' = 5)`

// eventType is what ClickHouse calls an action.
var eventType = map[engagement.Action]string{
	engagement.View:       "post_view",
	engagement.Impression: "post_impression",
	engagement.Like:       "post_like",
	engagement.Comment:    "post_comment",
	engagement.Share:      "post_share",
}
