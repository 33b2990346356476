package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// unread fails the test if a body is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

// TestEvents_are_refused_unread by what their header says.
func TestEvents_are_refused_unread(t *testing.T) {
	h := New(newWorld().deps)
	for name, test := range map[string]struct{ header, value string }{
		"another type": {"Content-Type", "application/x-ndjson"}, "no type": {"Content-Type", ""}, "packed": {"Content-Encoding", "gzip"},
	} {
		r := httptest.NewRequestWithContext(WithCaller(t.Context(), user), http.MethodPost, "/v1/events", unread{t})
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(test.header, test.value)
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		require.Equal(t, http.StatusUnsupportedMediaType, answer.Code, name)
		require.Equal(t, "application/problem+json", answer.Header().Get("Content-Type"), name)
	}
}

// TestEvents_wait_outside has a request that is being read leave room for a small one only, and none for its own caller.
func TestEvents_wait_outside(t *testing.T) {
	w := newWorld()
	one := event("e1", "u1")
	w.deps.EventLimits = EventLimits{MaxEvents: 5, MaxBytes: 2048, Pending: 2048 + int64(len(one)), Ahead: time.Minute}
	h := New(w.deps)
	send := func(caller Caller, body io.Reader) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(WithCaller(t.Context(), caller), http.MethodPost, "/v1/events", body)
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer
	}
	body, writer := io.Pipe()
	done := make(chan int)
	go func() { done <- send(user, body).Code }() // of unknown length: as much as there may be
	_, err := io.WriteString(writer, one[:1])
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, send(service, strings.NewReader(one)).Code)
	for caller, held := range map[Caller]io.Reader{service: io.MultiReader(unread{t}), user: strings.NewReader(one)} {
		refused := send(caller, held)
		require.Equal(t, http.StatusServiceUnavailable, refused.Code, caller)
		require.Equal(t, "1", refused.Header().Get("Retry-After"))
	}
	_, err = io.WriteString(writer, one[1:])
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	require.Equal(t, http.StatusAccepted, <-done)
	require.Equal(t, http.StatusAccepted, send(user, io.MultiReader(strings.NewReader(one))).Code, "the room is given back")
}

// TestEvents_are_ones_own after the answer: what could not be acknowledged by then may still be sent, whatever comes next.
func TestEvents_are_ones_own(t *testing.T) {
	w := newWorld()
	slow := &lateIngest{}
	w.deps.Ingest = slow
	h := New(w.deps)
	for _, id := range []string{"e1", "e2", "e3", "e4"} {
		r := httptest.NewRequestWithContext(WithCaller(t.Context(), user), http.MethodPost, "/v1/events", strings.NewReader(event(id, "u1")))
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		require.Equal(t, http.StatusServiceUnavailable, answer.Code)
	}
	for n, e := range slow.events {
		require.Equal(t, event("e"+strconv.Itoa(n+1), "u1"), string(e.Raw))
	}
}

// lateIngest is a producer that gives up, and goes on with what it has.
type lateIngest struct{ events []*schemas.Event }

func (l *lateIngest) Send(_ context.Context, events []*schemas.Event) error {
	l.events = append(l.events, events...)
	return ErrIngestAway
}
