package feed

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/homefeed"
)

func drawPage(t *rapid.T) *page {
	number := rapid.Float64Range(-1e300, 1e300)
	entries := rapid.Custom(func(t *rapid.T) entry {
		return entry{
			rapid.String().Draw(t, "id"), rapid.String().Draw(t, "author"), rapid.Bool().Draw(t, "followed"), rapid.Bool().Draw(t, "trending"),
			WorthOf(homefeed.Parts{Freshness: number.Draw(t, "freshness"), Engagement: number.Draw(t, "engagement"), Affinity: number.Draw(t, "affinity")}),
		}
	})
	return &page{order{rapid.Int64().Draw(t, "as of"), rapid.SliceOfN(entries, 0, 5).Draw(t, "posts")}, rapid.String().Draw(t, "next")}
}

// TestEncoding: what is read is what was written, and what is cut short or longer is nothing.
func TestEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPage(t)
		text := p.encode()
		require.True(t, json.Valid(text))
		require.Equal(t, p, decodePage(text))
		require.Nil(t, decodePage(text[:rapid.IntRange(0, len(text)-1).Draw(t, "length")]))
		require.Nil(t, decodePage(append(text, '0')))
	})
	require.Nil(t, decodePage([]byte(`{}`)))
	require.Nil(t, decodePage([]byte(`{"as_of":1,"posts":[],"of":"another version"}`)))
}

// FuzzDecodePage: whatever somebody else has put there is a page, or nothing.
func FuzzDecodePage(f *testing.F) {
	f.Add((&page{order{now, []entry{{"p1", "ann\"", true, false, WorthOf(homefeed.Parts{Freshness: 1e-7, Engagement: 0.5})}}}, "next"}).encode())
	f.Add([]byte(`{"as_of":1,"posts":[null]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p := decodePage(text); p != nil {
			require.True(t, json.Valid(text), "%s", text)
		}
	})
}
