package identity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
)

// TestSigned: a signature that was good is not checked again, but all else is, and the key that it is of.
func TestSigned(t *testing.T) {
	clock, revocations := newClock(), &revoked{}
	c := callersOf(t, clock, revocations)
	token := issued(t, "u1", "t1", start)
	taken := func() error { _, err := c.Caller(t.Context(), token); return err }
	require.NoError(t, taken())
	require.True(t, c.signed.Contains(token))
	require.NoError(t, taken())

	files, kid := c.files, kidOf(t, keys()["EdDSA"])
	other, err := newKey(kid, newKeyOf(t, "EdDSA").Public())
	require.NoError(t, err)
	c.files = keyring{}.with([]key{other}, start, 0)
	require.ErrorIs(t, taken(), api.ErrBadToken, "its kid is another key's now")
	other, err = newKey(kid, newKeyOf(t, "ES256").Public())
	require.NoError(t, err)
	c.files = keyring{}.with([]key{other}, start, 0)
	require.ErrorIs(t, taken(), api.ErrBadToken, "of another kind")
	c.files = keyring{}
	require.ErrorIs(t, taken(), api.ErrBadToken, "no key has its kid")
	c.files = files
	require.NoError(t, taken())

	revocations.add("t1", start)
	require.ErrorIs(t, taken(), api.ErrRevoked)
	token = issued(t, "u1", "t2", start)
	require.NoError(t, taken())
	clock.move(2 * time.Hour)
	require.ErrorIs(t, taken(), api.ErrBadToken, "expired")

	require.ErrorIs(t, func() error { _, err := c.Caller(t.Context(), token+"x"); return err }(), api.ErrBadToken)
	require.Equal(t, 2, c.signed.Len(), "only those that were good")
}
