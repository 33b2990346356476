package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/test/oracle"
)

// The database is emptied of likes, and later of comments, while both sources tell of reactions: the alarm's metric says
// so, counts stay, and what docs/operations.md says to do makes them what is left. Sinks go on all the while.
func TestTruncate_is_mended_as_operations_say(t *testing.T) {
	o := newOperated(t)
	sinks, readers, processors := o.run("sinks,applier,seen"), o.run("api"), o.run("processors")
	said := oracle.NewReactionWorld(7, 3_000, time.Now().Add(-10*time.Minute))
	o.write(said)
	oracle.RequireReactions(t, &o.cfg, said)
	readers.show(said)
	commands := operations(t, "#### After a truncate of likes or comments")
	require.Len(t, commands, 3)

	for _, table := range []string{"likes", "comments"} {
		require.Zero(t, processors.truncates(table))
		said.Truncate(table)
		o.write(said)
		require.Equal(t, 1, processors.truncates(table), "the alarm")
		said.Do(300)
		o.write(said)
		oracle.RequireReactions(t, &o.cfg, said)
		before := said.Posts()

		o.drained(commands[0]...)
		processors.stop()
		o.nova(commands[1]...)
		processors = o.run("processors")
		readers.stop()
		readers = o.run("api")
		o.nova(commands[2]...)
		said.Forget()
		require.NotEqual(t, before, said.Posts())
		for _, again := range o.signalled() {
			said.Reread(again)
			o.write(said)
		}
		oracle.RequireReactions(t, &o.cfg, said)
		readers.show(said)

		said.Do(1_000)
		o.write(said)
		oracle.RequireReactions(t, &o.cfg, said)
		readers.show(said)
	}
	for _, p := range []*process{processors, sinks, readers} {
		p.stop()
	}
}

// operations returns the commands of a section of docs/operations.md, as they are written there.
func operations(t *testing.T, heading string) (commands [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), heading+"\n")
	require.True(t, found)
	block := strings.Split(section, "```\n")[1]
	for line := range strings.Lines(block) {
		command, _, _ := strings.Cut(line, "  ")
		if args, is := strings.CutPrefix(command, "nova "); is {
			commands = append(commands, strings.Fields(args))
		}
	}
	return commands
}

// write writes the records of the world and waits until all is done.
func (o *operated) write(said *oracle.ReactionWorld) {
	o.t.Helper()
	p, err := sarama.NewSyncProducer(o.cfg.Kafka.Brokers, kafka.NewConfig("world"))
	require.NoError(o.t, err)
	var messages []*sarama.ProducerMessage
	for _, r := range said.Records {
		messages = append(messages, r.Message())
	}
	require.NoError(o.t, p.SendMessages(messages))
	require.NoError(o.t, p.Close())
	o.drained("lag")
}

// signalled returns the tables that the newest signal names.
func (o *operated) signalled() (tables []string) {
	o.t.Helper()
	client, err := kafka.Dial(o.cfg.Kafka.Brokers, "connector")
	require.NoError(o.t, err)
	defer client.Close()
	var signal struct {
		Type string
		Data struct {
			Collections []string `json:"data-collections"`
		}
	}
	n := int64(0)
	require.NoError(o.t, kafka.ReadPartition(o.t.Context(), client, "cdc-signals", 0, func(m *sarama.ConsumerMessage) error {
		n++
		return json.Unmarshal(m.Value, &signal)
	}))
	o.signals++
	require.Equal(o.t, o.signals, n)
	require.Equal(o.t, "execute-snapshot", signal.Type)
	for _, name := range signal.Data.Collections {
		tables = append(tables, strings.TrimPrefix(name, "public."))
	}
	require.ElementsMatch(o.t, []string{"likes", "comments"}, tables)
	return tables
}

// truncates returns what the metric of the alarm says, which must be there: an increase from nothing is none.
func (p *process) truncates(table string) (n int) {
	p.t.Helper()
	_, body := p.get("/metrics")
	_, after, found := strings.Cut(string(body), fmt.Sprintf("\ncdc_events_total{op=%q,table=%q} ", "truncate", table))
	require.True(p.t, found, "no metric of truncates of %s", table)
	_, err := fmt.Sscan(after, &n)
	require.NoError(p.t, err)
	return n
}

// show waits until the API has the counts of all posts, and ClickHouse the rows that are left.
func (p *process) show(said *oracle.ReactionWorld) {
	p.t.Helper()
	for post, want := range said.Posts() {
		require.Eventually(p.t, func() bool {
			var stats struct{ Likes, Comments int64 }
			code, body := p.get("/v1/posts/" + strings.ReplaceAll(post, "%", "%25") + "/stats")
			if code == http.StatusOK {
				require.NoError(p.t, json.Unmarshal(body, &stats))
			}
			return want == [2]int64{stats.Likes, stats.Comments}
		}, 10*time.Second, 20*time.Millisecond, "%s: %v", post, want)
	}
	for _, table := range []string{"likes", "comments"} {
		rows := devstacktest.Query(p.t, p.stack, p.cfg.ClickHouse.Database, "SELECT count() AS n FROM "+table+"_current")
		require.EqualValues(p.t, said.Left(table), rows[0]["n"], table)
	}
}
