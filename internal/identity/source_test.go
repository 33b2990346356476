package identity

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
)

// provider publishes keys.
type provider struct {
	*httptest.Server
	fetches atomic.Int32
	away    atomic.Bool

	mu   sync.Mutex
	keys []crypto.Signer
}

func newProvider(t *testing.T, keys ...crypto.Signer) *provider {
	t.Helper()
	p := &provider{keys: keys}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		if p.away.Load() {
			http.Error(w, "away", http.StatusBadGateway)
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		var doc struct {
			Keys []members `json:"keys"`
		}
		for _, k := range p.keys {
			doc.Keys = append(doc.Keys, published(t, k))
		}
		_ = json.NewEncoder(w).Encode(doc)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) publish(keys ...crypto.Signer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

func published(t *testing.T, private crypto.Signer) members {
	t.Helper()
	switch k := private.Public().(type) {
	case ed25519.PublicKey:
		return members{"kty": "OKP", "crv": "Ed25519", "x": b64(k), "kid": kidOf(t, private), "alg": "EdDSA", "use": "sig"}
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		require.NoError(t, err)
		return members{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:]), "kid": kidOf(t, private)}
	default:
		require.Fail(t, "no such key")
		return nil
	}
}

// fromProvider returns callers who fetch keys from p. They do not fetch by themselves.
func fromProvider(t *testing.T, p *provider, c *clock) *Callers {
	t.Helper()
	cfg := DefaultConfig()
	cfg.JWKSURL = p.URL
	require.NoError(t, cfg.Validate())
	callers, err := New(cfg, &revoked{}, c.now, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return callers
}

// fetch is what Run does from time to time.
func fetch(t *testing.T, c *Callers) error {
	t.Helper()
	c.source.join(t.Context(), c.source.start(t.Context()))
	return c.source.failure()
}

func by(t *testing.T, private crypto.Signer, c *clock) string {
	t.Helper()
	token, err := Issue(private, Grant{Issuer: "nova", Audience: "nova", Subject: "u1", Role: api.RoleUser, ID: "t", IssuedAt: c.now(), TTL: 24 * time.Hour})
	require.NoError(t, err)
	return token
}

func newKeyOf(t *testing.T, alg string) crypto.Signer {
	t.Helper()
	k, err := GenerateKey(alg)
	require.NoError(t, err)
	return k
}

// TestRotation: a new key is found at its first token; the old one is good for the overlap after it is published no more.
func TestRotation(t *testing.T) {
	c := newClock()
	old, next := newKeyOf(t, "EdDSA"), newKeyOf(t, "ES256")
	p := newProvider(t, old)
	callers := fromProvider(t, p, c)
	require.NoError(t, fetch(t, callers))
	oldToken, nextToken := by(t, old, c), by(t, next, c)
	taken := func(token string) error { _, err := callers.Caller(t.Context(), token); return err }
	require.NoError(t, taken(oldToken))
	require.ErrorIs(t, taken(nextToken), api.ErrBadToken)

	p.publish(next) // at once, without a time with both
	c.move(11 * time.Second)
	require.NoError(t, taken(nextToken), "an unknown kid is asked for")
	require.NoError(t, taken(oldToken), "within the overlap")
	c.move(4*time.Minute + 50*time.Second)
	require.NoError(t, taken(oldToken))
	c.move(11 * time.Second)
	require.ErrorIs(t, taken(oldToken), api.ErrBadToken)
	require.NoError(t, taken(nextToken))
}

// TestRotation_amid_requests takes tokens of both keys all the time while the keys change.
func TestRotation_amid_requests(t *testing.T) {
	c := newClock()
	old, next := newKeyOf(t, "EdDSA"), newKeyOf(t, "EdDSA")
	p := newProvider(t, old)
	callers := fromProvider(t, p, c)
	require.NoError(t, fetch(t, callers))
	oldToken, nextToken := by(t, old, c), by(t, next, c)
	ctx, stop := context.WithCancel(t.Context())
	var requests sync.WaitGroup
	var taken atomic.Int64
	for range 4 {
		requests.Go(func() {
			for ctx.Err() == nil {
				if _, err := callers.Caller(context.Background(), oldToken); err != nil {
					t.Errorf("the old key must be good all the time: %v", err)
				}
				taken.Add(1)
			}
		})
	}
	p.publish(old, next)
	require.NoError(t, fetch(t, callers))
	_, err := callers.Caller(t.Context(), nextToken)
	require.NoError(t, err)
	p.publish(next)
	require.NoError(t, fetch(t, callers))
	for enough := taken.Load() + 100; taken.Load() < enough; {
		time.Sleep(time.Millisecond)
	}
	stop()
	requests.Wait()
}

// TestFlood_of_unknown_keys fetches once per identity.refetch, whatever is sent.
func TestFlood_of_unknown_keys(t *testing.T) {
	c := newClock()
	p := newProvider(t, newKeyOf(t, "EdDSA"))
	callers := fromProvider(t, p, c)
	require.NoError(t, fetch(t, callers))
	stranger := by(t, newKeyOf(t, "EdDSA"), c)
	before := p.fetches.Load()
	for n := range int32(3) {
		var all sync.WaitGroup
		for range 200 {
			all.Go(func() {
				_, err := callers.Caller(context.Background(), stranger)
				if err == nil {
					t.Error("a stranger is taken")
				}
			})
		}
		all.Wait()
		require.Equal(t, before+n+1, p.fetches.Load())
		c.move(10 * time.Second)
	}
}

// TestOutage_of_the_provider: known keys are good until they are too old; then no token is, until the provider is back.
func TestOutage_of_the_provider(t *testing.T) {
	c := newClock()
	k := newKeyOf(t, "EdDSA")
	p := newProvider(t, k)
	callers := fromProvider(t, p, c)
	token := by(t, k, c)
	taken := func(token string) error { _, err := callers.Caller(t.Context(), token); return err }
	p.away.Store(true)
	require.Error(t, fetch(t, callers))
	require.ErrorIs(t, taken(token), api.ErrKeysAway, "never fetched")

	p.away.Store(false)
	require.NoError(t, fetch(t, callers))
	require.NoError(t, taken(token))
	p.away.Store(true)
	c.move(59 * time.Minute)
	require.Error(t, fetch(t, callers))
	require.NoError(t, taken(token), "known keys go on")
	require.ErrorIs(t, taken(by(t, newKeyOf(t, "EdDSA"), c)), api.ErrKeysAway, "it may be a new one")
	c.move(2 * time.Minute)
	require.ErrorIs(t, taken(token), api.ErrKeysAway, "too old")

	p.away.Store(false)
	require.NoError(t, fetch(t, callers))
	require.NoError(t, taken(token))
}

// TestDocuments has what a provider may answer.
func TestDocuments(t *testing.T) {
	ed := published(t, newKeyOf(t, "EdDSA"))
	text := func(keys ...members) string {
		b, err := json.Marshal(members{"keys": keys})
		require.NoError(t, err)
		return string(b)
	}
	for name, test := range map[string]struct {
		text   string
		keys   int
		reason string
	}{
		"one":                 {text(ed), 1, ""},
		"others are left out": {text(ed, members{"kty": "oct", "k": "AAAA", "kid": "s"}, with(ed, members{"kid": "enc", "use": "enc"}), members{"kty": "new"}), 1, ""},
		"for another alg":     {text(with(ed, members{"alg": "ES256"})), 0, "there is no key"},
		"none":                {text(), 0, "there is no key"},
		"a kid twice":         {text(ed, ed), 0, "two keys have the kid"},
		"no JSON":             {"<html>", 0, "reading a JWKS document"},
		"a secret":            {text(members{"kty": "oct", "k": "AAAA", "kid": "s", "alg": "HS256"}), 0, "there is no key"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := readDocument([]byte(test.text))
			require.Len(t, keys, test.keys)
			if test.reason != "" {
				require.ErrorContains(t, err, test.reason)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// TestProvider_elsewhere is not followed, nor is a document read that has no end.
func TestProvider_that_misbehaves(t *testing.T) {
	c := newClock()
	honest := newProvider(t, newKeyOf(t, "EdDSA"))
	for name, answer := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, honest.URL, http.StatusFound) },
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			for range 300 {
				_, _ = w.Write(make([]byte, 1024))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			require.Error(t, fetch(t, fromProvider(t, &provider{Server: server}, c)))
		})
	}
	require.Zero(t, honest.fetches.Load())
}
