package clickhouse

import (
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

func TestBury(t *testing.T) {
	m := &sarama.ConsumerMessage{
		Topic: "enriched-events", Partition: 2, Offset: 7, Timestamp: time.UnixMilli(1234), Key: []byte("u:p"), Value: []byte("?"),
	}
	why := &schemas.Unreadable{Reason: schemas.ReasonMalformed, Detail: "cut"}
	want := &schemas.DeadLetter{
		Topic: "enriched-events", Partition: 2, Offset: 7, AppendTime: 1234, Stage: "sink-post-events", Reason: schemas.ReasonMalformed,
		Detail: "cut", Key: []byte("u:p"), Value: []byte("?"), ValueSize: 1, Origin: from(1, 2),
	}
	row := Row{Offset: 7, Record: activity("", 0, from(1, 2)), message: m}
	require.Equal(t, want, PostEvents.bury(row, why))

	m.Value, m.Key = nil, nil
	want.Value, want.Key, want.ValueSize = nil, nil, -1
	require.Equal(t, want, PostEvents.bury(row, why))
}
