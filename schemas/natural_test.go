package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNaturalID_is_of_one_row_only(t *testing.T) {
	require.Equal(t, "a", NaturalID("a"))
	require.Equal(t, "u%3A1:p:1", NaturalID("u:1", "p:1"))
	require.Equal(t, (&Event{UserID: "u%:1", PostID: "p:1"}).Key(), NaturalID("u%:1", "p:1"))
	part := rapid.StringMatching(`[a%:3A25]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := [3]string{}, [3]string{}
		for i := range a {
			a[i], b[i] = part.Draw(t, "a"), part.Draw(t, "b")
		}
		require.Equal(t, a == b, NaturalID(a[:]...) == NaturalID(b[:]...))
		parts, ok := NaturalParts(NaturalID(a[:]...), 3)
		require.True(t, ok)
		require.Equal(t, a[:], parts)
	})
	_, ok := NaturalParts("a:b", 3)
	require.False(t, ok)
}

func TestColumnText(t *testing.T) {
	for value, want := range map[string]string{`"a\n\u00e9"`: "a\né", `""`: "", "7": "7", "true": "true", `["a"]`: `["a"]`} {
		got, ok := ColumnText(value)
		require.True(t, ok, value)
		require.Equal(t, want, got)
	}
	for _, none := range []string{"", "null", `"cut`} {
		_, ok := ColumnText(none)
		require.False(t, ok, none)
	}
}

func TestColumnTime(t *testing.T) {
	at, ok := ColumnTime(`"2026-01-02T09:30:00.123456Z"`)
	require.True(t, ok)
	require.EqualValues(t, 1_767_346_200_123, at)
	for _, none := range []string{"null", "7", `"infinity"`, `"-0043-03-15T00:00:00.000000Z"`, `"+20000-01-01T00:00:00.000000Z"`, `"1970-01-01T00:00:00.000000Z"`} {
		_, ok := ColumnTime(none)
		require.False(t, ok, none)
	}
}
