package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzHeaders: whatever headers say, a read answers, or that the reader has the answer.
func FuzzHeaders(f *testing.F) {
	f.Add("*", "req-1", "gzip, br;q=0", "5")
	f.Add(`W/"1", "2"`, "a b", "gzip;q=", "\x00")
	f.Add("W/", "", ";;,,", "")
	h := New(newWorld().deps)
	f.Fuzz(func(t *testing.T, match, id, encoding, last string) {
		for _, path := range []string{"/v1/trending", "/v1/posts/p1/stats", "/v1/users/ann", "/openapi.json"} {
			r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
			r.Header["If-None-Match"], r.Header["X-Request-Id"] = []string{match}, []string{id}
			r.Header["Accept-Encoding"], r.Header["Last-Event-Id"] = []string{encoding}, []string{last}
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			require.Contains(t, []int{http.StatusOK, http.StatusNotModified}, answer.Code)
			require.True(t, saneID(answer.Header().Get("X-Request-Id")))
		}
	})
}

// FuzzPaths: whatever ids and cursors are, there is no answer of 5xx, and each one is JSON or a problem.
func FuzzPaths(f *testing.F) {
	f.Add("p1", "AQ")
	f.Add("../x", "\x00")
	f.Add("a/b c", "%ff")
	f.Add("", ",,")
	h := New(newWorld().deps)
	f.Fuzz(func(t *testing.T, id, cursor string) {
		id, cursor = url.PathEscape(id), url.QueryEscape(cursor)
		for _, path := range []string{
			"/v1/posts/" + id, "/v1/posts/" + id + "/stats", "/v1/posts?ids=" + cursor, "/v1/users/" + id, "/v1/users/" + id + "/posts?cursor=" + cursor,
			"/v1/users/ann/followers?cursor=" + cursor, "/v1/users/ann/following?limit=" + cursor, "/v1/users/ann/relationships/" + id, "/v1/trending?cursor=" + cursor,
		} {
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
			require.Less(t, answer.Code, 500, path)
			require.Contains(t, []string{"application/json", "application/problem+json"}, answer.Header().Get("Content-Type"), path)
		}
	})
}
