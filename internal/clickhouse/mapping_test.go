package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// note is a record of another topic than that of events.
type note struct {
	text   string
	length int64
}

// notes maps a topic of texts to a table without partitions.
var notes = &Mapping{
	Sink:   topology.Sink{Group: "sink-notes", Input: "notes", Table: "notes", DeadLetters: topology.EngagementsDLQ},
	Codec:  func(*schemas.Codecs) goka.Codec { return noteCodec{} },
	Judge:  func(any) (*schemas.Unreadable, error) { return nil, nil },
	Origin: func(any) schemas.Origin { return schemas.Origin{} },
	Part:   func(any) string { return "all" },
	columns: map[int32][]column{1: slices.Concat(placeColumns, []column{
		field("text", "String", func(n note) string { return n.text }),
		field("length", "Int64", func(n note) int64 { return n.length }),
	})},
	current: 1,
}

type noteCodec struct{}

func (noteCodec) Encode(any) ([]byte, error) { return nil, errors.New("not needed") }

func (noteCodec) Decode(data []byte) (any, error) {
	if len(data) == 0 {
		return &schemas.Unreadable{Reason: schemas.ReasonMalformed}, nil
	}
	return note{string(data), int64(len(data))}, nil
}

// What the topology says is written, is.
func TestMappings_are_the_sinks_of_the_topology(t *testing.T) {
	var sinks []topology.Sink
	for _, m := range Mappings() {
		sinks = append(sinks, m.Sink)
	}
	require.Equal(t, topology.Sinks(), sinks)
}

// mapped makes a sink one of notes.
func mapped(s *running) { s.mapping, s.deps.Records = notes, notes.Codec(nil) }

// Another topic, codec and table: the same program writes them, exactly once although a sink is killed with a block in
// the table and another goes on, and beside it the sink of post_events is not disturbed.
func TestSecondMapping_is_written_by_the_same_program(t *testing.T) {
	t.Parallel()
	client, db := openTables(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE nova.notes (text String, kafka_topic_id String, kafka_partition Int32, kafka_offset Int64)
		ENGINE = MergeTree ORDER BY text SETTINGS non_replicated_deduplication_window = 100`) // the sink adds what is missing
	require.NoError(t, err)
	b := startBroker(t, 1)
	for _, topic := range []string{string(notes.Input), string(notes.DeadLetters)} {
		require.NoError(t, b.CreateTopic(prefix+topic, 1, nil))
	}
	b.produce(300)
	b.startSink(client)

	var want []string
	produce := func(n int) {
		var records []*kgo.Record
		for range n {
			text := strings.Repeat("n", 1+len(want)%7) + strconv.Itoa(len(want))
			want = append(want, fmt.Sprintf("%d %s %d", len(want), text, len(text)))
			records = append(records, &kgo.Record{Topic: prefix + string(notes.Input), Value: []byte(text)})
		}
		require.NoError(t, b.client.ProduceSync(context.Background(), records...).FirstErr())
	}
	produce(700)
	var inserts atomic.Int64
	var victim *running
	b.startSink(client, mapped, briefly, func(s *running) { victim = s }, stepping(func(step string, _ *Block) error {
		if step == afterInsert && inserts.Add(1) == 2 {
			victim.kill()
			return errors.New("killed")
		}
		return nil
	}))
	<-victim.stopped
	committed := func() int64 {
		if info := b.GroupInfo(prefix + notes.Group); info != nil {
			return info.Commits[prefix+string(notes.Input)][0].Offset
		}
		return 0
	}
	require.Equal(t, int64(200), committed(), "the second batch is in the table and not committed")
	require.Equal(t, []uint64{400}, readColumn[uint64](t, db, "SELECT count() FROM nova.notes"))

	produce(100)
	require.NoError(t, b.client.ProduceSync(context.Background(), &kgo.Record{Topic: prefix + string(notes.Input)}).FirstErr())
	s := b.startSink(client, mapped, func(s *running) { s.cfg.BatchRecords = 77 })
	require.Eventually(t, func() bool { return committed() == 801 }, 20*time.Second, 5*time.Millisecond)
	require.Equal(t, want, readColumn[string](t, db, "SELECT concat(toString(kafka_offset), ' ', text, ' ', toString(length)) FROM nova.notes ORDER BY kafka_offset, text"))
	require.Equal(t, []string{"Int64"}, readColumn[string](t, db, "SELECT type FROM system.columns WHERE database = 'nova' AND table = 'notes' AND name = 'length'"))
	require.Equal(t, "sink-notes", s.Status().Group)
	require.Equal(t, schemas.Accounting{In: 801, Applied: 800, Dead: 1}, s.Status().Accounting)
	require.Equal(t, int64(1), b.PartitionInfo(prefix+string(notes.DeadLetters), 0).HighWatermark)

	b.drained()
	b.exactOn(db)
}
