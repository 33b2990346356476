package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is the moment at which tests begin.
var start = time.Unix(1_800_000_000, 0)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: start} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// revoked are revocations by id.
type revoked struct {
	mu    sync.Mutex
	at    map[string]time.Time
	early bool
}

func (r *revoked) Revoked(id string) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, found := r.at[id]
	return at, found
}

func (r *revoked) Recovered() bool { return !r.early }

func (r *revoked) add(id string, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil {
		r.at = map[string]time.Time{}
	}
	r.at[id] = at
}

// keys are one private key of each kind, made once: RSA takes its time.
var keys = sync.OnceValue(func() map[string]crypto.Signer {
	all := map[string]crypto.Signer{}
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		k, err := GenerateKey(alg)
		if err != nil {
			panic(err)
		}
		all[alg] = k
	}
	return all
})

// callersOf returns one that knows the keys of all kinds from files.
func callersOf(t *testing.T, c *clock, r *revoked) *Callers {
	t.Helper()
	cfg := DefaultConfig()
	dir := t.TempDir()
	for alg, k := range keys() {
		public := filepath.Join(dir, alg+".pub")
		require.NoError(t, WriteKey(k, filepath.Join(dir, alg), public))
		cfg.KeyFiles = append(cfg.KeyFiles, public)
	}
	require.NoError(t, cfg.Validate())
	callers, err := New(cfg, r, c.now, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return callers
}

func kidOf(tb testing.TB, private crypto.Signer) string {
	tb.Helper()
	k, err := newKey("", private.Public())
	require.NoError(tb, err)
	return k.kid
}

// members of a token, or changes of them; a nil value takes one away.
type members = map[string]any

func with(base, changes members) members {
	all := maps.Clone(base)
	for name, value := range changes {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}

func goodHeader(tb testing.TB, alg string) members {
	tb.Helper()
	return members{"alg": alg, "typ": "JWT", "kid": kidOf(tb, keys()[alg])}
}

func goodClaims() members {
	return members{
		"iss": "nova", "aud": "nova", "sub": "u1", "role": "user", "jti": "t1",
		"iat": start.Unix(), "exp": start.Add(time.Hour).Unix(),
	}
}

func encode(tb testing.TB, v any) string {
	tb.Helper()
	text, err := json.Marshal(v)
	require.NoError(tb, err)
	return b64(text)
}

func b64(text []byte) string { return base64.RawURLEncoding.EncodeToString(text) }

// sign makes a token of a header and claims, each as members or as its text, with the key's own algorithm whatever the
// header says.
func sign(tb testing.TB, private any, header, claims any) string {
	tb.Helper()
	part := func(v any) string {
		if text, ok := v.(string); ok {
			return b64([]byte(text))
		}
		return encode(tb, v)
	}
	var method jwt.SigningMethod
	switch private.(type) {
	case *rsa.PrivateKey:
		method = jwt.SigningMethodRS256
	case *ecdsa.PrivateKey:
		method = jwt.SigningMethodES256
	case ed25519.PrivateKey:
		method = jwt.SigningMethodEdDSA
	case []byte:
		method = jwt.SigningMethodHS256
	}
	signed := part(header) + "." + part(claims)
	signature, err := method.Sign(signed, private)
	require.NoError(tb, err)
	return signed + "." + b64(signature)
}
