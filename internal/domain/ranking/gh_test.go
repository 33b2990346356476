package ranking

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

const gh = "../../../testdata/gh"

// event is one engagement that counts.
type event struct {
	post   string
	action engagement.Action
	at     int64 // Unix ms
}

// ghEvents returns the engagements of GitHub's hour 0 in file order: each event once (the file has no repeats), and of
// the likes of one user for one post only the first.
func ghEvents(tb testing.TB) []event {
	tb.Helper()
	f, err := os.Open(filepath.Join(gh, "events_h0.jsonl.gz"))
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	type pair struct{ user, post string }
	var (
		events []event
		seen   = map[string]bool{}
		liked  = map[pair]bool{}
	)
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var line struct {
			EventID   string    `json:"event_id"`
			EventTime time.Time `json:"event_time"`
			UserID    string    `json:"user_id"`
			PostID    string    `json:"post_id"`
			Action    string    `json:"action"`
		}
		require.NoError(tb, json.Unmarshal(lines.Bytes(), &line))
		require.False(tb, seen[line.EventID], "the file has no repeats")
		seen[line.EventID] = true
		action, ok := engagement.ParseAction(line.Action)
		require.True(tb, ok, line.Action)
		if p := (pair{line.UserID, line.PostID}); action == engagement.Like {
			if liked[p] {
				continue
			}
			liked[p] = true
		}
		events = append(events, event{line.PostID, action, line.EventTime.UnixMilli()})
	}
	require.Len(tb, events, 7_702-10)
	return events
}

// board is the naive counterpart of the scores table: the buckets of each post, fed event by event.
type board struct {
	window engagement.Window
	rows   map[string][]engagement.Bucket
	index  *Index
}

func newBoard(w engagement.Window) *board {
	return &board{w, map[string][]engagement.Bucket{}, NewIndex(w, engagement.DefaultWeights())}
}

func (b *board) feed(e event) {
	b.rows[e.post] = b.window.Add(b.rows[e.post], e.at, e.at, e.action, 1)
	b.index.Update(e.post, b.rows[e.post])
}
