package e2e

import (
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// Clients and the database tell of likes and comments, either first, in part the same, in part again: the counts of every
// post are what the rule makes of all that was said.
func TestReactions_of_both_sources(t *testing.T) {
	stack := startServers(t, "")
	likes, comments := string(topology.Entities()[3].Topic), string(topology.Entities()[2].Topic)
	_, err := streams.Provision(t.Context(), stack.Brokers(), []streams.TopicSpec{
		{Name: likes, Partitions: 3, Replication: 1}, {Name: comments, Partitions: 7, Replication: 1},
	})
	require.NoError(t, err)
	s := start(t, stack, app.Roles...)
	steps := 50_000
	if testing.Short() {
		steps = 5_000
	}
	w := oracle.NewReactionWorld(1, steps, time.Now().Add(-10*time.Minute))
	s.write(w.Records)
	events := w.Sent(string(topology.Events))
	st := s.drained(events)
	for deadline := time.Now().Add(time.Minute); st.Accounting[string(topology.CdcLikes)].In < w.Sent(likes) || st.Accounting["cdc-comments"].In < w.Sent(comments); {
		require.Less(t, time.Now(), deadline, "%+v", st.Accounting)
		time.Sleep(100 * time.Millisecond)
		st = s.drained(events)
	}
	requireBalanced(t, st)
	r := st.Accounting[string(topology.Reactions)]
	for name, n := range map[string]int64{"counted": r.Applied, "said by the other": r.Absorbed, "repeated": r.Duplicate, "older": r.Skipped} {
		require.Positive(t, n, name)
	}
	require.Zero(t, r.Dead)
	require.Equal(t, r.Applied, st.Accounting[string(topology.Scores)].In, "each makes one engagement")
	oracle.RequireReactions(t, &s.cfg, w)
	t.Logf("%d records of clients, %d of likes, %d of comments: %+v", events, w.Sent(likes), w.Sent(comments), r)
}

// write writes records in their order.
func (s *system) write(records []oracle.Record) {
	s.t.Helper()
	p, err := sarama.NewAsyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("world"))
	require.NoError(s.t, err)
	go func() {
		for _, r := range records {
			p.Input() <- r.Message()
		}
	}()
	for range records {
		select {
		case <-p.Successes():
		case err := <-p.Errors():
			require.NoError(s.t, err)
		}
	}
	require.NoError(s.t, p.Close())
}
