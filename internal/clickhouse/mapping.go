package clickhouse

import (
	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Mapping says how the records of a topic become the rows of a table. Each has a topic, a consumer group and a table of
// its own. The table remembers the tokens of inserts and has the columns that say where a row came from (placeColumns).
type Mapping struct {
	topology.Sink
	// Codec picks the codec of the topic's records.
	Codec func(*schemas.Codecs) goka.Codec
	// Read makes a record of a message; nil for what the codec makes of its value. No record is one that is passed over.
	Read func(goka.Codec, *sarama.ConsumerMessage) (record any, err error)
	// Judge says why the table cannot hold a record; nil if it can. An error says that it is no record of this topic.
	Judge func(record any) (why *schemas.Unreadable, err error)
	// Origin says which input a record was made from; zero for none.
	Origin func(record any) schemas.Origin
	// Part returns the id of the table's partition that a record belongs to, as the server names it.
	Part func(record any) string

	// Replacing says that of the rows of one key the one of the highest version counts, however often it is there. So the
	// inserts need no announcements.
	Replacing bool
	// More gives a record's values of columns that are not listed, by name; nil for NULL. The sink adds these columns as
	// Nullable(String). Nil if there are none.
	More func(record any) map[string]*string
	// View returns the columns of the table's view for readers, named like the table and _current, with such columns among
	// them, and the statement that makes it; nil if it has none.
	View func(more []string) (columns []string, statement string)

	// columns are the column lists of all versions. A version never changes: a range announced with one is written with
	// it, whoever finishes the range. Columns that are not listed take the table's defaults.
	columns map[int32][]column
	// current is the version that new batches are announced and written with.
	current int32
}

// Mappings are those of all sinks.
func Mappings() []*Mapping {
	all := []*Mapping{PostEvents, Transactions}
	for _, m := range mirrors {
		all = append(all, m.mapping())
	}
	return all
}

// Row is one row of a table, before it is split into columns.
type Row struct {
	Offset  int64                   // of the record in its Kafka partition
	Record  any                     // as the codec gave it
	message *sarama.ConsumerMessage // as it was read, in case the table refuses the row
}
