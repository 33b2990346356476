package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// post sends a body as a caller; for the zero one with a token, if any.
func (w *world) post(ctx context.Context, caller Caller, token, contentType, body string) *httptest.ResponseRecorder {
	if caller != (Caller{}) {
		ctx = WithCaller(ctx, caller)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/events", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer := httptest.NewRecorder()
	New(w.deps).ServeHTTP(answer, r)
	return answer
}

var (
	user    = Caller{"u1", RoleUser}
	service = Caller{"shop", RoleService}
)

func event(id, userID string) string {
	return fmt.Sprintf(`{"event_id":%q,"event_time":"2015-01-01T00:30:00Z","user_id":%q,"post_id":"p1","action":"like"}`, id, userID)
}

// at is an event of a moment, Unix ms.
func at(ms int64) string {
	return fmt.Sprintf(`{"event_id":"e1","ts":%d,"user_id":"u1","post_id":"p1","action":"like"}`, ms)
}

// TestEvents compares every answer to events with testdata/answers/events-*.http, and what was written.
func TestEvents(t *testing.T) {
	for name, test := range map[string]struct {
		caller  Caller
		token   string
		refused error // of the token
		body    string
		kind    string
		err     error
		written []string
	}{
		"one":       {caller: user, body: event("e1", "u1"), written: []string{"e1"}},
		"array":     {caller: user, body: "[" + event("e1", "u1") + "," + event("e2", "u1") + "]", written: []string{"e1", "e2"}},
		"duplicate": {caller: user, body: "[" + event("e1", "u1") + ", " + event("e1", "u1") + "]", written: []string{"e1"}},
		"id-of-another-post": {
			caller: user, body: "[" + event("e1", "u1") + "," + strings.Replace(event("e1", "u1"), "p1", "p2", 1) + "]", written: []string{"e1", "e1"},
		},
		"others":       {caller: user, body: "[" + event("e1", "u2") + "," + event("e2", "u1") + "]", written: []string{"e2"}},
		"of-a-service": {caller: service, body: "[" + event("e1", "u2") + "," + event("e2", "u1") + "]", written: []string{"e1", "e2"}},
		"of-operator":  {caller: Caller{"root", RoleOperator}, body: event("e1", "root")},
		"of-a-token":   {token: "good", body: event("e1", "u1"), written: []string{"e1"}},
		"nobodys":      {body: event("e1", "u1")},
		"bad":          {caller: user, body: `[{}, 7, "x", null, {"user_id":"u1","user_id":"u1"}]`},
		"bytes":        {caller: user, body: "[" + event("e1", "u1") + `,{"event_id":"` + "\xff" + `"},` + event("e2", "u1") + "]", written: []string{"e1", "e2"}},
		"derived-id": {
			caller: user, body: `{"ts":1420070400000,"user_id":"u1","post_id":"p1","action":"view"}`,
			written: []string{"965a6d43-d200-5159-8160-955b516a11dc"},
		},
		"too-many":     {caller: user, body: "[" + strings.Repeat("{},", 5) + "{}]"},
		"too-large":    {caller: user, body: strings.Repeat(" ", 2049-len(event("e1", "u1"))) + event("e1", "u1")},
		"large":        {caller: user, body: strings.Repeat(" ", 2048-len(event("e1", "u1"))) + event("e1", "u1"), written: []string{"e1"}},
		"future":       {caller: user, body: "[" + at(now+60_001) + "," + at(now+60_000) + "]", written: []string{"e1"}},
		"none":         {caller: user, body: "[]"},
		"empty":        {caller: user, body: ""},
		"text":         {caller: user, body: "hello"},
		"number":       {caller: user, body: "7"},
		"cut":          {caller: user, body: "[" + event("e1", "u1")},
		"two":          {caller: user, body: event("e1", "u1") + event("e2", "u1")},
		"away":         {caller: user, body: event("e1", "u1"), err: fmt.Errorf("%w: secret", ErrIngestAway)},
		"failing":      {caller: user, body: event("e1", "u1"), err: errors.New("secret of the broker")},
		"content-type": {caller: user, body: event("e1", "u1"), kind: "text/csv"},

		"bad-token":        {token: "bad", refused: fmt.Errorf("%w: it has expired", ErrBadToken), body: event("e1", "u1")},
		"revoked-token":    {token: "old", refused: ErrRevoked, body: event("e1", "u1")},
		"keys-away":        {token: "good", refused: ErrKeysAway, body: event("e1", "u1")},
		"revocations-away": {token: "good", refused: ErrRevocationsAway, body: event("e1", "u1")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.ingest.err, w.callers.err = test.err, test.refused
			kind := test.kind
			if kind == "" {
				kind = "application/json"
			}
			answer := w.post(t.Context(), test.caller, test.token, kind, test.body)
			var text bytes.Buffer
			fmt.Fprintf(&text, "HTTP %d\nContent-Type: %s\n", answer.Code, answer.Header().Get("Content-Type"))
			if after := answer.Header().Get("Retry-After"); after != "" {
				fmt.Fprintf(&text, "Retry-After: %s\n", after)
			}
			text.WriteString("\n" + answer.Body.String())
			requireGolden(t, "answers/events-"+name+".http", text.Bytes())
			require.True(t, json.Valid(answer.Body.Bytes()))
			require.Equal(t, test.written, w.ingest.sent)
		})
	}
}

func TestEvents_without_a_producer(t *testing.T) {
	w := newWorld()
	w.deps.Ingest = nil
	require.Equal(t, http.StatusServiceUnavailable, w.post(t.Context(), user, "", "application/json", event("e1", "u1")).Code)
}

func TestEvents_without_keys(t *testing.T) {
	for _, token := range []string{"", "good"} {
		w := newWorld()
		w.deps.Callers = nil
		answer := w.post(t.Context(), Caller{}, token, "application/json", event("e1", "u1"))
		require.Equal(t, http.StatusUnauthorized, answer.Code)
		require.Contains(t, answer.Body.String(), "No keys of tokens are configured.")
	}
}

// TestEvents_that_come_too_slowly need a real connection: its deadline is what ends the wait.
func TestEvents_that_come_too_slowly(t *testing.T) {
	w := newWorld()
	w.deps.Config.RequestTimeout = 50 * time.Millisecond
	base, _ := start(t, w)
	body, rest := io.Pipe()
	t.Cleanup(func() { require.NoError(t, rest.Close()) })
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/events", io.MultiReader(strings.NewReader("["), body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer good")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusRequestTimeout, answer.StatusCode)
	require.Empty(t, w.ingest.sent)
}

// FuzzEvents sends any body: the answer is never an internal error, says of each event what became of it, and what is
// accepted is what was written, as it was sent.
func FuzzEvents(f *testing.F) {
	for _, seed := range []string{event("e1", "u1"), "[" + event("e1", "u1") + "," + event("e1", "u1") + "]", "[{}]", "[", "{}{}", "\xff", `[{"user_id":"u1"}]`, "null", " [ ] "} {
		f.Add([]byte(seed))
	}
	w := newWorld()
	kept := &keptIngest{}
	w.deps.Ingest = kept
	handler := New(w.deps)
	f.Fuzz(func(t *testing.T, body []byte) {
		kept.events = nil
		r := httptest.NewRequestWithContext(WithCaller(t.Context(), user), http.MethodPost, "/v1/events", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, r)
		require.Less(t, answer.Code, 500, answer.Body.String())
		if answer.Code != http.StatusAccepted {
			require.Empty(t, kept.events)
			return
		}
		var results eventResults
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &results))
		require.Len(t, results.Items, results.Accepted+results.Duplicate+results.Rejected)
		require.NotEmpty(t, results.Items)
		require.Len(t, kept.events, results.Accepted)
		for _, e := range kept.events {
			require.Equal(t, "u1", e.UserID)
			require.Contains(t, string(body), string(e.Raw))
		}
	})
}

type keptIngest struct{ events []*schemas.Event }

func (k *keptIngest) Send(_ context.Context, events []*schemas.Event) error {
	k.events = append(k.events, events...)
	return nil
}
