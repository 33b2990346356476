package suggestions

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/trending"
)

// known are users by whether they are deleted.
type known map[string]bool

func (k known) Known(id string) (known, gone bool) { gone, known = k[id]; return known, gone }

const now = int64(1_420_074_000_123)

func TestPage(t *testing.T) {
	g := graph.New()
	for _, e := range [][2]string{{"a", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}, {"b", "e"}} {
		g.Set(e[0], e[1], true)
	}
	ready := false
	s := New(Config{Limit: 1}, g, known{"new": false, "left": true}, func() bool { return ready })
	_, err := s.Page("a", 0, now)
	require.ErrorIs(t, err, ErrNotReady)
	ready = true

	for _, test := range []struct {
		user  string
		limit int
		want  string
	}{
		{"a", 2, `{"as_of":"2015-01-01T01:00:00.123Z","items":[{"user_id":"d","mutual_count":2,"via":["b","c"]},{"user_id":"e","mutual_count":1,"via":["b"]}]}`},
		{"a", 0, `{"as_of":"2015-01-01T01:00:00.123Z","items":[{"user_id":"d","mutual_count":2,"via":["b","c"]}]}`},
		{"e", 0, `{"as_of":"2015-01-01T01:00:00.123Z","items":[]}`},
		{"new", 0, `{"as_of":"2015-01-01T01:00:00.123Z","items":[]}`},
	} {
		page, err := s.Page(test.user, test.limit, now)
		require.NoError(t, err)
		var text bytes.Buffer
		require.NoError(t, trending.Encode(&text, page))
		require.Equal(t, test.want+"\n", text.String())
	}
	for _, user := range []string{"nobody", "left"} {
		_, err := s.Page(user, 0, now)
		require.ErrorIs(t, err, ErrUnknownUser)
	}
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	require.ErrorContains(t, Config{Limit: 101}.Validate(), "suggestions: limit")
}
