package e2e

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testdata = "../../testdata/gh/"

// line is an event as the file has it.
type line struct {
	EventID   string    `json:"event_id"`
	EventTime time.Time `json:"event_time"`
	UserID    string    `json:"user_id"`
	PostID    string    `json:"post_id"`
	Action    string    `json:"action"`
}

func lines(t *testing.T, file string) []line {
	t.Helper()
	f, err := os.Open(testdata + file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var all []line
	for sc := bufio.NewScanner(z); sc.Scan(); {
		var l line
		require.NoError(t, json.Unmarshal(sc.Bytes(), &l))
		all = append(all, l)
	}
	return all
}

// counts of a post, by action; likes are of users, the others of events.
type counts map[string]int64

// recount counts by hand: an event id once, a like once per user and post.
func recount(all []line) (byPost map[string]counts, rows map[string]counts, last map[string]time.Time, distinct int) {
	byPost, rows, last = map[string]counts{}, map[string]counts{}, map[string]time.Time{}
	seen, liked := map[string]bool{}, map[[2]string]bool{}
	for _, l := range all {
		if seen[l.EventID] {
			continue
		}
		seen[l.EventID] = true
		if byPost[l.PostID] == nil {
			byPost[l.PostID], rows[l.PostID] = counts{}, counts{}
		}
		rows[l.PostID]["post_"+l.Action]++
		if l.Action == "like" {
			if liked[[2]string{l.UserID, l.PostID}] {
				continue
			}
			liked[[2]string{l.UserID, l.PostID}] = true
		}
		byPost[l.PostID][l.Action]++
		if l.EventTime.After(last[l.PostID]) {
			last[l.PostID] = l.EventTime
		}
	}
	return byPost, rows, last, len(seen)
}
