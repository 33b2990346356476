package registry

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	post = `{"type":"record","name":"Post","fields":[{"name":"id","type":"string"}]}`
	user = `{"type":"record","name":"User","fields":[{"name":"id","type":"string"}]}`
)

// fake is a registry that counts calls and can be told to misbehave.
type fake struct {
	*srfake.Registry
	calls atomic.Int64
	mood  atomic.Pointer[http.HandlerFunc] // answers instead of the registry
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{Registry: srfake.New()}
	t.Cleanup(f.Close)
	f.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		f.calls.Add(1)
		if mood := f.mood.Load(); mood != nil {
			(*mood)(w, r)
			return true
		}
		return false
	})
	return f
}

func (f *fake) answer(h http.HandlerFunc) {
	if h == nil {
		f.mood.Store(nil)
		return
	}
	f.mood.Store(&h)
}

func newClient(t *testing.T, url string, log io.Writer) *Client {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL = url
	c, err := New(cfg, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestRegistersAndLooksUp(t *testing.T) {
	f := newFake(t)
	c := newClient(t, f.URL()+"/", io.Discard)

	id, err := c.Register(t.Context(), "posts-value", post)
	require.NoError(t, err)
	stored, ok := f.GetSchema("posts-value", 1)
	require.True(t, ok)
	require.Equal(t, stored.ID, id)
	require.JSONEq(t, post, stored.Schema.Schema)

	again, err := c.Register(t.Context(), "posts-value", post)
	require.NoError(t, err)
	require.Equal(t, id, again)

	other, _, err := f.RegisterSchema("users-value", sr.Schema{Schema: user})
	require.NoError(t, err)
	text, err := c.Schema(t.Context(), other)
	require.NoError(t, err)
	require.JSONEq(t, user, text)
}

func TestAsksOnceForEachID(t *testing.T) {
	f := newFake(t)
	id, _, err := f.RegisterSchema("posts-value", sr.Schema{Schema: post})
	require.NoError(t, err)
	c := newClient(t, f.URL(), io.Discard)
	for range 5 {
		text, err := c.Schema(t.Context(), id)
		require.NoError(t, err)
		require.JSONEq(t, post, text)
	}
	require.EqualValues(t, 1, f.calls.Load())
}

func TestKnownIDsOutliveTheRegistry(t *testing.T) {
	f := newFake(t)
	var log bytes.Buffer
	c := newClient(t, f.URL(), &log)
	known, err := c.Register(t.Context(), "posts-value", post)
	require.NoError(t, err)
	f.Close()

	text, err := c.Schema(t.Context(), known)
	require.NoError(t, err)
	require.JSONEq(t, post, text)
	for range 3 {
		_, err = c.Schema(t.Context(), known+1)
		require.Error(t, err)
		require.NotErrorIs(t, err, schemas.ErrSchemaNotFound)
	}
	_, err = c.Register(t.Context(), "users-value", user)
	require.Error(t, err)
	require.Equal(t, 1, strings.Count(log.String(), "cannot be reached"), log.String())
}

func TestNotFoundIsToldFromTrouble(t *testing.T) {
	f := newFake(t)
	c := newClient(t, f.URL(), io.Discard)
	_, err := c.Schema(t.Context(), 4711)
	require.ErrorIs(t, err, schemas.ErrSchemaNotFound)

	for name, answer := range map[string]http.HandlerFunc{
		"another server's 404": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"bad gateway":          func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"no leader": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"error_code":50003,"message":"error while forwarding the request to the leader"}`)
		},
		"a page":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>log in</html>") },
		"empty objects": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") },
	} {
		f.answer(answer)
		_, err := c.Schema(t.Context(), 12)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, schemas.ErrSchemaNotFound, name)
	}
	f.answer(nil)
	_, err = c.Schema(t.Context(), 12)
	require.ErrorIs(t, err, schemas.ErrSchemaNotFound)
}

func TestSchemaOfAnotherKindIsNotFound(t *testing.T) {
	f := newFake(t)
	id, _, err := f.RegisterSchema("posts-value", sr.Schema{Schema: `{"type":"string"}`, Type: sr.TypeJSON})
	require.NoError(t, err)
	c := newClient(t, f.URL(), io.Discard)
	_, err = c.Schema(t.Context(), id)
	require.ErrorIs(t, err, schemas.ErrSchemaNotFound)
	require.ErrorContains(t, err, "JSON")
}

// An unknown id is not asked for again at once, but an id that is registered later is found.
func TestUnknownIDsAreRememberedForAWhile(t *testing.T) {
	f := newFake(t)
	c := newClient(t, f.URL(), io.Discard)
	now := time.Unix(1000, 0)
	c.now = func() time.Time { return now }
	for range 3 {
		_, err := c.Schema(t.Context(), 1)
		require.ErrorIs(t, err, schemas.ErrSchemaNotFound)
	}
	require.EqualValues(t, 1, f.calls.Load())

	id, _, err := f.RegisterSchema("posts-value", sr.Schema{Schema: post})
	require.NoError(t, err)
	require.Equal(t, 1, id)
	now = now.Add(c.cfg.NotFoundTTL)
	text, err := c.Schema(t.Context(), 1)
	require.NoError(t, err)
	require.JSONEq(t, post, text)

	for id := range 3 * maxMissing {
		c.miss(id)
	}
	require.LessOrEqual(t, len(c.missing), maxMissing)
}

func TestContextAndTimeoutEndACall(t *testing.T) {
	f := newFake(t)
	f.answer(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice that the caller is gone
		<-r.Context().Done()
	})
	var log bytes.Buffer
	c := newClient(t, f.URL(), &log)

	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.Schema(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, log.String(), "a caller that gives up says nothing about the registry")

	c.cfg.Timeout = 20 * time.Millisecond
	_, err = c.Register(t.Context(), "posts-value", post)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Contains(t, log.String(), "cannot be reached")

	f.answer(nil)
	c.cfg.Timeout = time.Minute
	_, err = c.Register(t.Context(), "posts-value", post)
	require.NoError(t, err)
	require.Contains(t, log.String(), "is back")
}

func TestRegistryRefusesASchema(t *testing.T) {
	f := newFake(t)
	f.answer(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"error_code":409,"message":"incompatible with an earlier schema"}`)
	})
	var log bytes.Buffer
	c := newClient(t, f.URL(), &log)
	_, err := c.Register(t.Context(), "posts-value", post)
	require.ErrorContains(t, err, "incompatible with an earlier schema")
	require.Empty(t, log.String(), "an answer is not an outage")
}

func TestLogsInWithTheURLsUser(t *testing.T) {
	f := &fake{Registry: srfake.New(srfake.WithAuth("Basic bm92YTpzM2NyZXQ="))} // nova:s3cret
	t.Cleanup(f.Close)
	c := newClient(t, strings.Replace(f.URL(), "http://", "http://nova:s3cret@", 1), io.Discard)
	_, err := c.Register(t.Context(), "posts-value", post)
	require.NoError(t, err)
	f.Close()
	_, err = c.Register(t.Context(), "users-value", user)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "s3cret")
}

func TestConfigNamesFieldRuleAndValue(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for want, change := range map[string]func(*Config){
		`URL must be http://host:port or https://host:port, got "ftp://nova:xxxxx@host"`: func(c *Config) { c.URL = "ftp://nova:s3cret@host" },
		`URL must be a URL, got one that cannot be parsed`:                               func(c *Config) { c.URL = "http://nova:s3cret@ho st" },
		`Timeout must be positive, got 0s`:                                               func(c *Config) { c.Timeout = 0 },
		`NotFoundTTL must not be negative, got -1s`:                                      func(c *Config) { c.NotFoundTTL = -time.Second },
	} {
		c := DefaultConfig()
		change(&c)
		_, err := New(c, slog.New(slog.DiscardHandler))
		require.EqualError(t, err, "registry: "+want)
	}
}
