package chaos

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// The input is drained, deleted, created again, and filled with other events: what comes of both is the union.
func TestInput_created_again(t *testing.T) {
	skipShort(t)
	w := newWorld(t, 1, app.Sinks, nil)
	w.start("a")
	w.start("b")
	sent := int64(0)
	for n := range 3 {
		w.feed(tagged(n))
		w.progress()
		time.Sleep(2 * time.Second)
		w.endFeed()
		accounts := w.drain(w.truth.sent - sent)
		w.requireExact(accounts)
		sent = w.truth.sent
		if n == 2 {
			break
		}
		w.recreate(string(topology.Events))
		if n == 1 { // also while nobody reads
			w.killed("a", "b")
		}
	}
	require.Positive(t, w.says("a topic was created again"))
}

// recreate deletes a topic and creates it as the catalogue says.
func (w *world) recreate(topic string) {
	w.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(w.job.Brokers...))
	require.NoError(w.t, err)
	defer client.Close()
	admin := kadm.NewClient(client)
	_, err = admin.DeleteTopics(w.t.Context(), topic)
	require.NoError(w.t, err)
	require.Eventually(w.t, func() bool {
		ctx, cancel := context.WithTimeout(w.t.Context(), 10*time.Second)
		defer cancel()
		created, err := app.Provision(ctx, w.job.config().Kafka)
		return err == nil && len(created) == 1
	}, 30*time.Second, 100*time.Millisecond)
	time.Sleep(1500 * time.Millisecond) // the workers look once a second
}

// Tables on disk: killed, with files overwritten, with no room; afterwards all is exact.
func TestTables_on_disk(t *testing.T) {
	skipShort(t)
	dir := t.TempDir()
	w := newWorld(t, 1, "", func(j *job) {
		j.Disk, j.DataDir = []string{string(topology.Dedup), string(topology.Reactions), string(topology.Scores), string(topology.Sessions)}, dir
	})
	w.feed("")
	w.start("a")
	for range 3 {
		w.progress()
		w.pause(time.Second)
		w.killed("a")
	}
	w.progress()
	w.workers["a"].stop(t) // in order, so that there are files
	files, err := filepath.Glob(filepath.Join(dir, "a", "*", "*", "*.sst"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		content, err := os.ReadFile(f)
		require.NoError(t, err)
		for i := len(content) / 4; i < len(content)*3/4; i++ {
			content[i] ^= 0x5a
		}
		require.NoError(t, os.WriteFile(f, content, 0o600))
	}
	w.start("a")
	w.progress()
	require.Positive(t, w.says("are corrupt"))
	w.workers["a"].kill(t)

	w.job.Controls.DiskQuota = 1 << 20
	w.start("a")
	require.Eventually(t, func() bool { return w.says("no room") > 0 }, 30*time.Second, 50*time.Millisecond)
	w.workers["a"].kill(t)
	w.job.Controls = streams.Controls{}
	w.start("a")
	w.progress()
	w.endFeed()
	w.requireExact(w.drain(w.truth.sent))
}
