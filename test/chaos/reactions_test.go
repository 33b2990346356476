package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// kills is how often a worker, or every third time both, are killed while they hear of reactions.
const kills = 12

// Clients and the database tell of likes and comments while the workers are killed again and again: the counts of every
// post are what the rule makes of all that was said.
func TestReactions_of_both_sources(t *testing.T) {
	skipShort(t)
	likes, comments := string(topology.CdcLikes), "cdc-comments"
	w := newWorld(t, 1, "", func(j *job) { j.Groups = append(slices.Clone(eventGroups), likes, comments, string(topology.Comments)) })
	w.more = []streams.Input{
		{Group: likes, Topic: "cdc.likes"}, {Group: comments, Topic: "cdc.comments"}, {Group: string(topology.Comments), Topic: "changes.comments"},
	}
	_, err := streams.Provision(t.Context(), w.job.Brokers, []streams.TopicSpec{
		{Name: "cdc.likes", Partitions: 3, Replication: 1}, {Name: "cdc.comments", Partitions: 7, Replication: 1},
	})
	require.NoError(t, err)
	w.start("a")
	w.start("b")
	said := oracle.NewReactionWorld(uint64(w.seed), 50_000, time.Now().Add(-10*time.Minute))
	limit := rate.NewLimiter(1000, 100)
	w.tell(said.Records, limit)
	for n := range kills {
		w.progress()
		if n%3 == 0 { // what was committed, and what others were told, may not have been written
			w.slow(100 * time.Millisecond)
			w.pause(time.Second)
			w.killed("a", "b")
			w.slow(0)
			continue
		}
		w.pause(time.Second)
		w.killed(w.any())
	}
	w.progress()
	limit.SetLimit(rate.Inf)
	<-w.fed
	accounts := w.drain(said.Sent(string(topology.Events)))
	replays := int64(0)
	for _, a := range accounts {
		require.Zero(t, a.Dead)
		replays += a.Replay
	}
	for _, in := range w.more[:2] {
		require.Equal(t, said.Sent(in.Topic), accounts[in.Group].In, in.Topic)
	}
	require.Positive(t, replays, "no kill fell between an output and its commit")
	require.Zero(t, w.says("stage stopped"), "a stage gave up")

	cfg := w.job.config()
	oracle.RequireReactions(t, &cfg, said)
	want := newTruth()
	for post, n := range said.Posts() {
		want.posts[post] = map[string]int64{"like": n[0], "comment": n[1]}
	}
	viewed, compacted := wrongPosts(t, w.job, want)
	require.Zero(t, viewed, "posts wrong in a view")
	require.Zero(t, compacted, "posts wrong in the log as compaction leaves it")
	t.Logf("%d records, killed %d times, %d replays dropped, %d takeovers: %d posts exact; reactions: %+v",
		len(said.Records), kills, replays, w.says("partition taken over"), len(want.posts), accounts[string(topology.Reactions)])
}

// tell writes records in their order, as fast as limit has it, and closes w.fed when all are acknowledged.
func (w *world) tell(records []oracle.Record, limit *rate.Limiter) {
	w.t.Helper()
	p, err := sarama.NewAsyncProducer(w.job.Brokers, kafka.NewConfig("tell"))
	require.NoError(w.t, err)
	w.fed = make(chan struct{})
	go func() {
		for _, r := range records {
			if limit.Wait(w.t.Context()) != nil {
				break
			}
			p.Input() <- r.Message()
		}
		p.AsyncClose()
	}()
	go func() {
		for range p.Successes() {
		}
	}()
	go func() {
		defer close(w.fed)
		for err := range p.Errors() {
			w.t.Error(err)
		}
	}()
	w.t.Cleanup(func() { <-w.fed })
}
