package oracle

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// RequireSessions compares the session of every row in ClickHouse with what Sessions makes of the log of `activity`, as
// it is now. Ids of events must be unique. It returns how many sessions there are, and how many connections.
func RequireSessions(tb testing.TB, cfg *config.Config, stack *devstack.Stack) (sessions, connections int) {
	tb.Helper()
	want, seen := map[string]string{}, map[string]bool{}
	for id, e := range replay(tb, cfg) {
		want[id] = fmt.Sprintf(`%s/%d/%s/%s/%d/%d`, e.SessionID, e.DeviceCount, e.PreviousDevice, e.ConnectsSessionID, e.RootPartition, e.RootOffset)
		seen[e.SessionID] = true
		if e.ConnectsSessionID != "" {
			connections++
		}
	}
	got := devstacktest.Query(tb, stack, cfg.ClickHouse.Database, `SELECT event_id,
		concatWithSeparator('/', session_id, device_count, previous_device, connects_session_id, root_partition, root_offset) AS told FROM post_events`)
	wrong := 0
	for _, r := range got {
		id, told := fmt.Sprint(r["event_id"]), fmt.Sprint(r["told"])
		if told != want[id] {
			if wrong++; wrong <= 3 {
				tb.Logf("event %s: want %s, is %s", id, want[id], told)
			}
		}
	}
	require.Zero(tb, wrong, "events with another session, of %d", len(got))
	require.Len(tb, got, len(want))
	return len(seen), connections
}

// replay returns what must come of all records of `activity`, by event id.
func replay(tb testing.TB, cfg *config.Config) map[string]*schemas.EnrichedEvent {
	tb.Helper()
	codecs := registered(tb, cfg)
	client, err := kafka.Dial(cfg.Kafka.Brokers, "oracle")
	require.NoError(tb, err)
	defer client.Close()
	o := Sessions{Gap: cfg.Sessions.Gap, Keep: cfg.Sessions.Keep}
	want := map[string]*schemas.EnrichedEvent{}
	for p := range cfg.Kafka.Partitions {
		applied := map[schemas.Source]schemas.Mark{}
		require.NoError(tb, kafka.ReadPartition(tb.Context(), client, cfg.Kafka.Name(string(topology.Activity)), p, func(m *sarama.ConsumerMessage) error {
			value, err := codecs.Activity.Decode(m.Value)
			require.NoError(tb, err)
			a, ok := value.(*schemas.Activity)
			require.True(tb, ok, "%T", value)
			if before, known := applied[a.Origin.Source()]; known && !a.Origin.Mark().After(before) {
				return nil // sent before a crash, and again after it
			}
			applied[a.Origin.Source()] = a.Origin.Mark()
			require.Nil(tb, want[a.EventID], "an event came twice")
			want[a.EventID] = o.Take(a, m.Timestamp)
			return nil
		}))
	}
	return want
}

// registered returns codecs with the schemas of the system.
func registered(tb testing.TB, cfg *config.Config) *schemas.Codecs {
	tb.Helper()
	reg, err := registry.New(cfg.Registry, slog.New(slog.DiscardHandler))
	require.NoError(tb, err)
	tb.Cleanup(reg.Close)
	codecs, err := schemas.NewCodecs(tb.Context(), reg)
	require.NoError(tb, err)
	return codecs
}
