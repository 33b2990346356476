package load

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
		"no follower":     {" ,b\n", func(*Follows) {}, nil, "line 1: not follower,followee"},
		"quotes of none":  {"a,b\n\n\"\",b\n", func(*Follows) {}, nil, "line 3: not follower,followee"},
		"known header":    {"Follower_ID, \"FOLLOWEE_ID\"\r\na,b\r\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"header below":    {"\n\nfollower,followee\na,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"mark, header":    {"\ufefffollower,followee\na,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"mark, no header": {"\ufeffa,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"mark alone":      {"\ufeff\r\na,b\n", func(*Follows) {}, []string{"a>b c"}, ""},
		"quotes":          {"\"a\",\"b\"\n\"b\",c\n", func(*Follows) {}, []string{"a>b c", "b>c c"}, ""},
		"open quote":      {"a,b\na,\"b\nb,c\",d\n", func(*Follows) {}, nil, "line 2: not follower,followee"},
		"quote inside":    {"a,b\"c\n", func(*Follows) {}, nil, "line 1: not follower,followee"},
		"spaces":          {" a , b \n\"b\",\t\" c\"\n", func(*Follows) {}, []string{"a>b c", "b>c c"}, ""},
		"long":            {"a," + strings.Repeat("b", maxFollowLine) + "\n", func(*Follows) {}, nil, "line 1: not follower,followee"},
		"ids like words":  {"user1,user2\nfrom,to\n", func(*Follows) {}, []string{"user1>user2 c", "from>to c"}, ""},
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

// A line of column names that nobody knows would be a follow for good: no change of the database comes after it.
func TestFollows_under_an_unknown_header_are_not_sent(t *testing.T) {
	for _, header := range []string{
		"source,target", "src,dst", "from,to", "Source, Target", "\"source\",\"target\"", "\ufefffrom_user_id,to_user_id", "followee,follower",
		"user,friend", "user_id,followed_id", "userId,followedId", "uid,following", "follower-id,followee-id", "followerID,followeeID", "id,friend id", "user_b,user_a",
	} {
		path := filepath.Join(t.TempDir(), "follows.csv")
		require.NoError(t, os.WriteFile(path, []byte(header+"\na,b\n"), 0o600))
		p := acker()
		p.seen = func([]byte, []byte) { t.Error("sent") }
		_, err := DefaultFollows(time.Now()).Send(t.Context(), path, p, quiet)
		require.ErrorContains(t, err, "line 1: ", header)
		require.ErrorContains(t, err, "looks like a header", header)
		require.ErrorContains(t, err, "nothing was sent", header)
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
