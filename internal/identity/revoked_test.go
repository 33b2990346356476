package identity

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
)

// issued returns a token of a user.
func issued(t *testing.T, user, id string, at time.Time) string {
	t.Helper()
	token, err := Issue(keys()["EdDSA"], Grant{Issuer: "nova", Audience: "nova", Subject: user, Role: api.RoleUser, ID: id, IssuedAt: at, TTL: time.Hour})
	require.NoError(t, err)
	return token
}

func TestRevoked_tokens_are_refused(t *testing.T) {
	r := &revoked{}
	c := callersOf(t, newClock(), r)
	taken := func(token string) error { _, err := c.Caller(t.Context(), token); return err }
	one, other := issued(t, "u1", "t1", start), issued(t, "u1", "t2", start)
	require.NoError(t, taken(one))
	r.add("t1", start)
	require.ErrorIs(t, taken(one), api.ErrRevoked)
	require.NoError(t, taken(other), "only that one")

	leeway := DefaultConfig().Leeway
	r.add("user:u1", start.Add(-leeway-time.Second))
	require.NoError(t, taken(other), "it was issued after that")
	r.add("user:u1", start.Add(-leeway))
	require.ErrorIs(t, taken(other), api.ErrRevoked, "by a clock that is ahead")
	require.NoError(t, taken(issued(t, "u1", "t3", start.Add(time.Second))))
	require.NoError(t, taken(issued(t, "u2", "t4", start)), "another user")

	r.add("user:u2", time.Time{})
	require.ErrorIs(t, taken(issued(t, "u2", "t5", start.Add(time.Second))), api.ErrRevoked, "a revocation without a time is for good")

	r.early = true
	require.ErrorIs(t, taken(issued(t, "u3", "t6", start)), api.ErrRevocationsAway)
}

func TestStreams_end_with_their_token(t *testing.T) {
	r := &revoked{}
	c := callersOf(t, newClock(), r)
	open := func(token string) <-chan struct{} {
		ended, cancel := c.Revoked(token)
		t.Cleanup(cancel)
		return ended
	}
	one, same, other := open(issued(t, "u1", "t1", start)), open(issued(t, "u1", "t1", start)), open(issued(t, "u1", "t2", start))
	later := open(issued(t, "u1", "t3", start.Add(10*time.Second)))
	isOpen := func(ended <-chan struct{}) bool {
		select {
		case <-ended:
			return false
		default:
			return true
		}
	}
	c.Changed("t1") // something else in its row
	require.True(t, isOpen(one))
	r.add("t1", start)
	c.Changed("t1")
	require.Equal(t, []bool{false, false, true}, []bool{isOpen(one), isOpen(same), isOpen(other)})
	r.add("user:u1", start.Add(time.Second-DefaultConfig().Leeway))
	c.Changed("user:u1")
	require.Equal(t, []bool{false, true}, []bool{isOpen(other), isOpen(later)})
	require.False(t, isOpen(open(issued(t, "u1", "t1", start))), "a stream that opens too late")

	_, cancel := c.Revoked(issued(t, "u9", "t9", start))
	cancel()
	cancel()
	require.Empty(t, c.watches.of("t9"))
}

func TestStreams_end_when_their_token_expires(t *testing.T) {
	clock := newClock()
	c := callersOf(t, clock, &revoked{})
	token := issued(t, "u1", "t1", start)
	clock.move(time.Hour + 30*time.Second - 20*time.Millisecond) // the leeway has 20 ms left
	ended, cancel := c.Revoked(token)
	defer cancel()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		require.Fail(t, "still open")
	}
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"issuer":    func(c *Config) { c.Issuer = "" },
		"audience":  func(c *Config) { c.Audience = "" },
		"jwks_url":  func(c *Config) { c.JWKSURL = "http://example.com/keys" },
		"leeway":    func(c *Config) { c.Leeway = -1 },
		"refresh":   func(c *Config) { c.Refresh = 0 },
		"refetch":   func(c *Config) { c.Refetch = 0 },
		"overlap":   func(c *Config) { c.Overlap = -1 },
		"max_stale": func(c *Config) { c.MaxStale = 0 },
		"timeout":   func(c *Config) { c.Timeout = 0 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "identity: "+field)
	}
}
