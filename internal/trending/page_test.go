package trending

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/ranking"
)

func TestPointsHaveOneDecimal(t *testing.T) {
	for tenths, want := range map[Points]string{0: "0.0", 1: "0.1", 10: "1.0", 184: "18.4", -5: "-0.5", 123_456_789_012: "12345678901.2"} {
		got, err := json.Marshal(tenths)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func TestWindowText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Hour: "1h", 90 * time.Minute: "1h30m", 5 * time.Minute: "5m", 10 * time.Second: "10s",
		10 * time.Hour: "10h", 100 * time.Millisecond: "100ms", time.Hour + 10*time.Second: "1h0m10s",
	} {
		require.Equal(t, want, formatWindow(d))
		back, err := time.ParseDuration(want)
		require.NoError(t, err)
		require.Equal(t, d, back)
	}
}

func TestTimesAreAsTheirLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := rapid.Int64Range(-62_135_596_800_000, 253_402_300_799_999).Draw(t, "ms") // the years 1 to 9999
		require.Equal(t, time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z"), FormatTime(ms))
	})
}

func TestEncodedPage(t *testing.T) {
	encoded := func(p Page) string {
		var b bytes.Buffer
		require.NoError(t, Encode(&b, p))
		return b.String()
	}
	at := time.Date(2015, 1, 1, 0, 4, 59, 999_000_000, time.UTC).UnixMilli()
	empty := newSnapshot(at, time.Hour, nil)
	require.Equal(t, `{"as_of":"2015-01-01T00:04:59.999Z","window":"1h","items":[],"next_cursor":null}`+"\n", encoded(empty.Page(0, 20)))

	s := newSnapshot(at, time.Hour, []ranking.Item{
		{PostID: `a<&>"`, Score: 184, Counts: engagement.Counts{Views: 4, Impressions: 7, Likes: 1, Comments: 6, Shares: 2}, Last: 5},
		{PostID: "b", Score: 20},
	})
	require.Equal(t, `{"as_of":"2015-01-01T00:04:59.999Z","window":"1h","items":[`+
		`{"rank":1,"post_id":"a<&>\"","score":18.4,"views":4,"impressions":7,"likes":1,"comments":6,"shares":2}`+
		`],"next_cursor":"`+cursor{s.order, 1}.String()+`"}`+"\n", encoded(s.Page(0, 1)))
	require.Equal(t, `{"as_of":"2015-01-01T00:04:59.999Z","window":"1h","items":[`+
		`{"rank":2,"post_id":"b","score":2.0,"views":0,"impressions":0,"likes":0,"comments":0,"shares":0}`+
		`],"next_cursor":null}`+"\n", encoded(s.Page(1, 1)))
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{1, 2}.String())
	f.Add(cursor{1, 2}.String() + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCursor(text)
		if err != nil {
			require.ErrorIs(t, err, ErrBadCursor)
			return
		}
		require.Equal(t, text, c.String(), "a cursor has one spelling")
	})
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"list_size":  func(c *Config) { c.ListSize = 0 },
		"tick":       func(c *Config) { c.Tick = time.Millisecond },
		"cursor_ttl": func(c *Config) { c.CursorTTL = -1 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), field)
	}
}
