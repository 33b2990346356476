package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/identity"
)

// startWithTokens runs the program with a key of its own, and returns what issues tokens for it.
func startWithTokens(t *testing.T, roles ...app.Role) (s *system, issue func(subject string, role api.Role, jti string) string) {
	t.Helper()
	private, err := identity.GenerateKey("EdDSA")
	require.NoError(t, err)
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, identity.WriteKey(private, key, key+".pub"))
	s = startAs(t, startServers(t, ""), func(c *config.Config) {
		c.Identity.KeyFiles = []string{key + ".pub"}
		c.Feed.HalfLife = 10 * 365 * 24 * time.Hour // the sample's posts are that old
		c.Feed.RedisTimeout = 10 * time.Second      // without an answer nothing counts as seen, and the machine may be busy
	}, roles...)
	return s, func(subject string, role api.Role, jti string) string {
		token, err := identity.Issue(private, identity.Grant{
			Issuer: s.cfg.Identity.Issuer, Audience: s.cfg.Identity.Audience, Subject: subject, Role: role, ID: jti, IssuedAt: time.Now(), TTL: time.Hour,
		})
		require.NoError(t, err)
		return token
	}
}
