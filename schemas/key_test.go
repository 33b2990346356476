package schemas

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestKey_is_user_and_post(t *testing.T) {
	require.Equal(t, "u:p", (&Event{UserID: "u", PostID: "p"}).Key())
	require.Equal(t, "did%3Aplc%3Ax:p:1", (&Event{UserID: "did:plc:x", PostID: "p:1"}).Key())
}

func TestKey_is_of_one_pair_only(t *testing.T) {
	id := rapid.StringMatching(`[a%:3A25]{1,5}`)
	rapid.Check(t, func(t *rapid.T) {
		a := Event{UserID: id.Draw(t, "user"), PostID: id.Draw(t, "post")}
		b := Event{UserID: id.Draw(t, "other user"), PostID: id.Draw(t, "other post")}
		same := a.UserID == b.UserID && a.PostID == b.PostID
		require.Equal(t, same, a.Key() == b.Key(), "%+v %+v", a, b)
		require.Equal(t, same, a.HasKey(b.Key()), "%+v %+v", a, b)
		require.True(t, a.HasKey(a.Key()))
	})
}

// The short key is written in changelogs: it must stay what it is.
func TestShortKey(t *testing.T) {
	require.Equal(t, "\x33\xbf\x00\xa8\x59\xc4\xba\x3f", ShortKey("foo"))
}

// The ids of sessions lie in tables of analysts: they must stay what they are.
func TestDeriveSessionID(t *testing.T) {
	require.Equal(t, "6aff7653-9a47-5354-902f-fccd024c11db", DeriveSessionID("u", "e").String())
}
