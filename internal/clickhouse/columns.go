package clickhouse

import (
	"maps"
	"slices"
	"strings"
)

// column is one column of an insert: where its value comes from, for all rows of a block at once.
type column struct {
	name   string
	typ    string // as ClickHouse spells it
	values func(*Block) any
}

// col is a column of what is known of a row and its block.
func col[T any](name, typ string, value func(*Block, *Row) T) column {
	return column{name, typ, func(b *Block) any {
		values := make([]T, len(b.Rows))
		for i := range b.Rows {
			values[i] = value(b, &b.Rows[i])
		}
		return values
	}}
}

// field is a column of what stands in the record, an R.
func field[R, T any](name, typ string, value func(R) T) column {
	return column{name, typ, func(b *Block) any {
		values := make([]T, len(b.Rows))
		for i := range b.Rows {
			record, _ := b.Rows[i].Record.(R) // Judge lets no others through
			values[i] = value(record)
		}
		return values
	}}
}

// more returns the columns of rows that no list has, ascending.
func (m *Mapping) more(rows []Row) []string {
	if m.More == nil {
		return nil
	}
	names := map[string]bool{}
	for _, r := range rows {
		for name := range m.More(r.Record) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// columnsOf are the columns a block is written with.
func (m *Mapping) columnsOf(version int32, more []string) []column {
	all := m.columns[version]
	for _, name := range more {
		all = append(slices.Clip(all), column{name, "Nullable(String)", func(b *Block) any {
			values := make([]*string, len(b.Rows))
			for i, r := range b.Rows {
				values[i] = m.More(r.Record)[name]
			}
			return values
		}})
	}
	return all
}

// quoted returns a name as it stands in a statement.
func quoted(name string) string { return "`" + escapeName.Replace(name) + "`" }

var escapeName = strings.NewReplacer(`\`, `\\`, "`", "\\`")

// placeColumns say which record and which insert a row came with. Every table has them: the sink finds rows by them.
var placeColumns = []column{
	col("kafka_topic_id", "LowCardinality(String)", func(b *Block, _ *Row) string { return b.TopicID }),
	col("kafka_partition", "Int32", func(b *Block, _ *Row) int32 { return b.Partition }),
	col("kafka_offset", "Int64", func(_ *Block, r *Row) int64 { return r.Offset }),
	col("batch_first", "Int64", func(b *Block, _ *Row) int64 { return b.First }),
	col("batch_last", "Int64", func(b *Block, _ *Row) int64 { return b.Last }),
	col("batch_attempt", "Int32", func(b *Block, _ *Row) int32 { return b.Attempt }),
}

// chainColumns say where the insert stands among all inserts of its topic and partition.
var chainColumns = []column{
	col("batch_before", "UInt64", func(b *Block, _ *Row) uint64 { return b.Before }),
	col("batch_rows", "UInt32", func(b *Block, _ *Row) uint32 { return uint32(len(b.Rows)) }),
}
