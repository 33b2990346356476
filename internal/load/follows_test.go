package load

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFollows_are_sent_as_the_connector_writes_them(t *testing.T) {
	at := time.UnixMilli(1_420_074_000_123)
	for name, test := range map[string]struct {
		file   string
		alter  func(*Follows)
		want   []string
		reason string
	}{
		"header":          {"follower_id,followee_id\na,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"no header":       {"a,b\n\nb,c", func(*Follows) {}, []string{"a>b c", "b>c c"}, ""},
		"another header":  {"follower,followee\na,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"mutual":          {"user_a,user_b\na,b\n", func(f *Follows) { f.Mutual = true }, []string{"a>b c", "b>a c"}, ""},
		"unfollow":        {"a,b\n", func(f *Follows) { f.Unfollow = true }, []string{"a>b d"}, ""},
		"one id":          {"a,b\na\n", func(*Follows) {}, nil, "line 2: not follower,followee"},
		"three ids":       {"a,b,c\n", func(*Follows) {}, nil, "line 1: not follower,followee"},
		"no followee":     {"a,\n", func(*Follows) {}, nil, "line 1: not follower,followee"},
		"header too late": {"a,b\nfollower_id,followee_id\n", func(*Follows) {}, []string{"a>b c", "follower_id>followee_id c"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "follows.csv")
			require.NoError(t, os.WriteFile(path, []byte(test.file), 0o600))
			f := DefaultFollows(at)
			test.alter(&f)
			p := acker()
			var sent []string
			p.seen = func(key, value []byte) { sent = append(sent, described(t, key, value, at)) }
			res, err := f.Send(t.Context(), path, p, func(int, int) {})
			require.Equal(t, test.want, sent)
			require.Equal(t, len(test.want), res.Acknowledged)
			if test.reason == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.reason)
				require.ErrorContains(t, err, "nothing was sent")
			}
		})
	}
}

// described checks what all changes have, and returns what differs.
func described(t *testing.T, key, value []byte, at time.Time) string {
	t.Helper()
	var id map[string]string
	require.NoError(t, json.Unmarshal(key, &id))
	var record struct {
		Before, After map[string]any
		Source        struct {
			Sequence string
			TsMS     int64 `json:"ts_ms"`
		}
		Op string
	}
	require.NoError(t, json.Unmarshal(value, &record))
	require.Equal(t, fmt.Sprintf(`["%d","%d"]`, at.UnixMicro(), at.UnixMicro()), record.Source.Sequence)
	require.Equal(t, at.UnixMilli(), record.Source.TsMS)
	row := record.After
	if record.Op == "d" {
		row = record.Before
		require.Nil(t, record.After)
	} else {
		require.Equal(t, "active", row["status"])
	}
	require.Equal(t, id["follower_id"], row["follower_id"])
	require.Equal(t, id["followee_id"], row["followee_id"])
	return id["follower_id"] + ">" + id["followee_id"] + " " + record.Op
}
