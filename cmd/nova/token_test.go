package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/identity"
)

// nobody has been revoked.
type nobody struct{}

func (nobody) Revoked(string) (time.Time, bool) { return time.Time{}, false }
func (nobody) Recovered() bool                  { return true }

func TestToken_is_taken_by_who_has_the_public_key(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		key := filepath.Join(t.TempDir(), "key")
		out, err := nova(t, "token", "keygen", key, "--alg", alg)
		require.NoError(t, err)
		require.Contains(t, out, key+".pub")
		info, err := os.Stat(key)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		_, err = nova(t, "token", "keygen", key)
		require.ErrorIs(t, err, os.ErrExist, "it writes over nothing")

		token, err := nova(t, "token", "issue", "--key", key, "--sub", "shop", "--role", "service", "--set", "identity.issuer=us")
		require.NoError(t, err)
		cfg := identity.DefaultConfig()
		cfg.Issuer, cfg.KeyFiles = "us", []string{key + ".pub"}
		callers, err := identity.New(cfg, nobody{}, time.Now, nil, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		caller, err := callers.Caller(t.Context(), strings.TrimSpace(token))
		require.NoError(t, err)
		require.Equal(t, api.Caller{Subject: "shop", Role: api.RoleService}, caller)
	}
}

func TestToken_mistakes(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	_, err := nova(t, "token", "keygen", key)
	require.NoError(t, err)
	for want, args := range map[string][]string{
		"nova token issue needs --key":               {"token", "issue", "--sub", "u"},
		"nova token issue needs --sub":               {"token", "issue", "--key", key},
		"--ttl must be positive, is 0s":              {"token", "issue", "--key", key, "--sub", "u", "--ttl", "0s"},
		"its role is not user, service or operator":  {"token", "issue", "--key", key, "--sub", "u", "--role", "admin"},
		"holds no PEM block PRIVATE KEY":             {"token", "issue", "--key", key + ".pub", "--sub", "u"},
		"an algorithm must be RS256, ES256 or EdDSA": {"token", "keygen", key + "2", "--alg", "HS256"},
	} {
		_, err := nova(t, args...)
		require.ErrorContains(t, err, want)
	}
}
