package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/feed"
)

var operator = Caller{"root", RoleOperator}

// as serves a request of a caller.
func (w *world) as(caller Caller, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if caller != (Caller{}) {
		r = r.WithContext(WithCaller(r.Context(), caller))
	}
	answer := httptest.NewRecorder()
	w.deps.Metrics = nil // once is enough
	New(w.deps).ServeHTTP(answer, r)
	return answer
}

func requireAnswer(t *testing.T, name string, answer *httptest.ResponseRecorder) {
	t.Helper()
	var text bytes.Buffer
	fmt.Fprintf(&text, "HTTP %d\nContent-Type: %s\n", answer.Code, answer.Header().Get("Content-Type"))
	if after := answer.Header().Get("Retry-After"); after != "" {
		fmt.Fprintf(&text, "Retry-After: %s\n", after)
	}
	text.WriteString("\n" + answer.Body.String())
	requireGolden(t, "answers/"+name+".http", text.Bytes())
}

// TestFeed compares every answer with testdata/answers/feed*.http, and what was asked for.
func TestFeed(t *testing.T) {
	for name, test := range map[string]struct {
		caller Caller
		query  string
		early  bool
		asked  *feed.Request
	}{
		"feed":               {caller: user, asked: &feed.Request{ReaderID: "u1", Limit: 20}},
		"feed-own":           {caller: user, query: "?user_id=u1&limit=3", asked: &feed.Request{ReaderID: "u1", Limit: 3}},
		"feed-next":          {caller: user, query: "?cursor=next&limit=7", asked: &feed.Request{ReaderID: "u1", Cursor: "next", Limit: 7}},
		"feed-offset":        {caller: user, query: "?offset=20", asked: &feed.Request{ReaderID: "u1", Offset: 20, Limit: 20}},
		"feed-service":       {caller: service, query: "?user_id=ann", asked: &feed.Request{ReaderID: "ann", Limit: 20}},
		"feed-service-whose": {caller: service},
		"feed-anothers":      {caller: user, query: "?user_id=ann"},
		"feed-operator":      {caller: operator, query: "?user_id=ann"},
		"feed-no-token":      {},
		"feed-early":         {caller: user, early: true},
		"feed-bad-cursor":    {caller: user, query: "?cursor=x", asked: &feed.Request{ReaderID: "u1", Cursor: "x", Limit: 20}},
		"feed-gone-cursor":   {caller: user, query: "?cursor=gone", asked: &feed.Request{ReaderID: "u1", Cursor: "gone", Limit: 20}},
		"feed-both":          {caller: user, query: "?cursor=next&offset=0"},
		"feed-limit-101":     {caller: user, query: "?limit=101"},
		"feed-limit-0":       {caller: user, query: "?limit=0"},
		"feed-offset-empty":  {caller: user, query: "?offset="},
		"feed-offset-less":   {caller: user, query: "?offset=-1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.lines.recovering = test.early
			requireAnswer(t, name, w.as(test.caller, http.MethodGet, "/v1/feed"+test.query, ""))
			if test.asked == nil {
				require.Empty(t, w.feed.asked)
			} else {
				require.Equal(t, []feed.Request{*test.asked}, w.feed.asked)
			}
		})
	}
	w := newWorld()
	w.feed.early = true
	require.Equal(t, http.StatusServiceUnavailable, w.as(user, http.MethodGet, "/v1/feed", "").Code)
}

// TestFeedTags are the same while nothing changes.
func TestFeedTags(t *testing.T) {
	w := newWorld()
	ask := func(match string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v1/feed", http.NoBody)
		r = r.WithContext(WithCaller(r.Context(), user))
		r.Header.Set("If-None-Match", match)
		answer := httptest.NewRecorder()
		w.deps.Metrics = nil
		New(w.deps).ServeHTTP(answer, r)
		return answer
	}
	tag := ask("").Header().Get("Etag")
	require.NotEmpty(t, tag)
	require.Equal(t, http.StatusNotModified, ask(tag).Code)
	w.feed.fewer = true
	require.Equal(t, http.StatusOK, ask(tag).Code)
}

// TestSeen compares every answer with testdata/answers/seen*.http, and what was noted.
func TestSeen(t *testing.T) {
	ids := func(n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = strconv.Quote("p" + strconv.Itoa(i))
		}
		return `{"post_ids":[` + strings.Join(all, ",") + `]}`
	}
	for name, test := range map[string]struct {
		caller Caller
		body   string
		err    error
		saw    map[string][]string
	}{
		"seen":               {caller: user, body: `{"post_ids":["p1","p2"]}`, saw: map[string][]string{"u1": {"p1", "p2"}}},
		"seen-own":           {caller: user, body: `{"user_id":"u1","post_ids":["p1"]}`, saw: map[string][]string{"u1": {"p1"}}},
		"seen-service":       {caller: service, body: `{"user_id":"ann","post_ids":["p1"]}`, saw: map[string][]string{"ann": {"p1"}}},
		"seen-service-whose": {caller: service, body: `{"post_ids":["p1"]}`},
		"seen-anothers":      {caller: user, body: `{"user_id":"ann","post_ids":["p1"]}`},
		"seen-operator":      {caller: operator, body: `{"user_id":"ann","post_ids":["p1"]}`},
		"seen-no-token":      {body: ids(1)},
		"seen-none":          {caller: user, body: ids(0)},
		"seen-empty-id":      {caller: user, body: `{"post_ids":["p1",""]}`},
		"seen-long-id":       {caller: user, body: `{"post_ids":["` + strings.Repeat("p", 257) + `"]}`},
		"seen-malformed":     {caller: user, body: `{"post_ids":`},
		"seen-away":          {caller: user, body: ids(1), err: fmt.Errorf("%w: secret of Redis", feed.ErrAway)},
		"seen-broken":        {caller: user, body: ids(1), err: errors.New("secret")},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.feed.err = test.err
			requireAnswer(t, name, w.as(test.caller, http.MethodPost, "/v1/feed/seen", test.body))
			if test.saw == nil {
				test.saw = map[string][]string{}
			}
			require.Equal(t, test.saw, w.feed.saw)
		})
	}
	w := newWorld()
	w.deps.Config.RequestTimeout = time.Minute
	require.Equal(t, http.StatusNoContent, w.as(user, http.MethodPost, "/v1/feed/seen", ids(1000)).Code)
	require.Len(t, w.feed.saw["u1"], 1000)
	require.Equal(t, http.StatusUnprocessableEntity, w.as(user, http.MethodPost, "/v1/feed/seen", ids(1001)).Code)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.as(user, http.MethodPost, "/v1/feed/seen", `{"post_ids":["`+strings.Repeat("x", maxSeenBody)+`"]}`).Code)
}
