package streams

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// A table that was deleted and created again is another one: rows of the old one are forgotten, and readers are told.
func TestView_of_a_table_that_was_created_anew(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.BackoffMin, b.cfg.BackoffMax = 20*time.Millisecond, 50*time.Millisecond
	create := func(rows int) {
		_, err := Provision(t.Context(), b.cfg.Brokers, []TopicSpec{{Name: "anew-table", Partitions: 1, Replication: 1}})
		require.NoError(t, err)
		b.client.PurgeTopicsFromClient("anew-table") // it keeps the id of the one it knows
		b.fillTable("anew-table", rows)
	}
	create(3)
	var mu sync.Mutex
	there := map[string]bool{}
	v, err := NewView(b.cfg, "anew-table", tallyCodec{}, func(key string, row schemas.Row) {
		mu.Lock()
		defer mu.Unlock()
		there[key] = row != nil
	})
	require.NoError(t, err)
	stop := b.start(v.Run)
	b.eventually("read", func() bool { _, ok := v.Get("key2"); return ok && v.Recovered() })
	_, err = b.admin.DeleteTopic(t.Context(), "anew-table")
	require.NoError(t, err)
	create(2)
	b.eventually("forgotten", func() bool { _, ok := v.Get("key2"); return !ok })
	b.eventually("read anew", func() bool { _, ok := v.Get("key1"); return ok && v.Recovered() })
	require.Equal(t, []int64{1}, v.Read())
	require.NoError(t, stop())
	require.Equal(t, map[string]bool{"key0": true, "key1": true, "key2": false}, there)
}
