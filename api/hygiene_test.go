package api

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/lifetime"
)

// ask serves one request with headers, given as name and value in turns.
func ask(t *testing.T, h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	return answer
}

// TestTags are the same while nothing but as_of changes, others afterwards; who has the answer is not sent it again.
func TestTags(t *testing.T) {
	for _, path := range []string{
		"/v1/trending", "/v1/trending?limit=2", "/v1/posts/p1", "/v1/posts/p1/stats", "/v1/posts?ids=p1,p2", "/v1/users/ann",
		"/v1/users/ann/posts", "/v1/users/ann/followers", "/v1/users/ann/following", "/v1/users/ann/relationships/bob",
		"/v1/users/u1/suggestions",
	} {
		t.Run(path, func(t *testing.T) {
			w := newWorld()
			moment := now
			w.deps.Now = func() time.Time { return time.UnixMilli(moment) }
			h := New(w.deps)
			first := ask(t, h, http.MethodGet, path)
			tag := first.Header().Get("Etag")
			require.Regexp(t, `^W/"[0-9a-f]{1,16}"$`, tag)
			moment += 5
			w.suggestions.later = 5
			w.board.Refresh(moment)
			second := ask(t, h, http.MethodGet, path)
			require.NotEqual(t, first.Body.String(), second.Body.String(), "as_of has moved")
			require.Equal(t, tag, second.Header().Get("Etag"))
			for _, header := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
				again := ask(t, h, http.MethodGet, path, "If-None-Match", header)
				require.Equal(t, http.StatusNotModified, again.Code, header)
				require.Empty(t, again.Body.String())
				require.Equal(t, tag, again.Header().Get("Etag"))
			}
			for _, header := range []string{`"x"`, `W/`, `,`, `"`} {
				require.Equal(t, http.StatusOK, ask(t, h, http.MethodGet, path, "If-None-Match", header).Code, header)
			}
			w.update("p1", engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Views: 50}})
			w.posts.rows["p1"] = lifetime.Stats{Counts: engagement.Counts{Views: 50}}
			w.lines.UpdateUser("bob", nil)
			w.lines.UpdateFollow("bob:ann", nil)
			w.lines.UpdateFollow("ann:bob", nil)
			w.suggestions.fewer = true
			w.board.Refresh(moment)
			require.NotEqual(t, tag, ask(t, h, http.MethodGet, path).Header().Get("Etag"))
		})
	}
	require.Empty(t, ask(t, New(newWorld().deps), http.MethodGet, "/v1/posts/nobody").Header().Get("Etag"), "of answers only")
}

// TestStatsAreEncodedAsAllElse is: what is written by hand is what the encoder writes.
func TestStatsAreEncodedAsAllElse(t *testing.T) {
	for _, id := range []string{"p", "a/b c", `q"\`, "ü\n\u2028<&>", "\xff", ""} {
		for _, last := range []int64{0, now} {
			stats := lifetime.Stats{Counts: engagement.Counts{Views: 1, Impressions: -2, Likes: 3, Comments: 4, Shares: 1 << 60}, LastEngagement: last}
			d := Deps{Known: func() time.Time { return time.UnixMilli(now) }}
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			require.NoError(t, enc.Encode(postStats{d.asOf(), id, countsOf(stats)}))
			require.Equal(t, want.String(), string(appendStats(nil, d.Known(), id, stats)))
		}
	}
}

func TestRequestIDs(t *testing.T) {
	w := newWorld()
	var logged bytes.Buffer
	w.deps.Log = slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h := New(w.deps)
	for _, sane := range []string{"a", "A-b_c.9", strings.Repeat("x", 64)} {
		logged.Reset()
		require.Equal(t, sane, ask(t, h, http.MethodGet, "/v1/posts/nobody/stats", "X-Request-Id", sane).Header().Get("X-Request-Id"))
		var line map[string]any
		require.NoError(t, json.Unmarshal(logged.Bytes(), &line))
		require.Equal(t, []any{sane, "answered", "/v1/posts/nobody/stats", 404.0, "DEBUG"}, []any{line["request_id"], line["msg"], line["path"], line["status"], line["level"]})
	}
	made := map[string]bool{}
	for _, other := range []string{"", "a b", "x\n", "é", strings.Repeat("x", 65), `"`} {
		id := ask(t, h, http.MethodGet, "/nowhere", "X-Request-Id", other).Header().Get("X-Request-Id")
		require.True(t, saneID(id), id)
		made[id] = true
	}
	require.Len(t, made, 6)
}

// TestSlowAnswersAreLogged as warnings, with the name of the request, but not each of very many.
func TestSlowAnswersAreLogged(t *testing.T) {
	w := newWorld()
	var logged bytes.Buffer
	w.deps.Log = slog.New(slog.NewJSONHandler(&logged, nil))
	w.deps.Config.Slow = time.Nanosecond
	h := New(w.deps)
	ask(t, h, http.MethodGet, "/v1/users/ann", "X-Request-Id", "me")
	var line map[string]any
	require.NoError(t, json.Unmarshal(logged.Bytes(), &line))
	require.Equal(t, []any{"WARN", "answered", "me"}, []any{line["level"], line["msg"], line["request_id"]})
	for range 1_000 {
		ask(t, h, http.MethodGet, "/v1/users/ann")
	}
	require.Less(t, bytes.Count(logged.Bytes(), []byte("\n")), 100)
}

func TestCompression(t *testing.T) {
	w := newWorld()
	h := New(w.deps)
	path := "/openapi.json"
	plain := ask(t, h, http.MethodGet, path)
	require.Empty(t, plain.Header().Get("Content-Encoding"))
	packed := ask(t, h, http.MethodGet, path, "Accept-Encoding", "br, gzip;q=0.5")
	require.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
	require.Contains(t, packed.Header().Values("Vary"), "Accept-Encoding")
	r, err := gzip.NewReader(packed.Body)
	require.NoError(t, err)
	whole, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, plain.Body.String(), string(whole))

	for n := range 30 {
		w.update(fmt.Sprintf("post-%d", n), engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Views: 9}})
	}
	w.board.Refresh(now)
	w.deps.Metrics = nil // registered once already
	base, stop := start(t, w)
	whole, err = io.ReadAll(unpacked(t, base+"/v1/trending"))
	require.NoError(t, err)
	require.Equal(t, ask(t, h, http.MethodGet, "/v1/trending").Body.String(), string(whole))
	require.NoError(t, stop())

	small := ask(t, h, http.MethodGet, "/v1/posts/p1/stats", "Accept-Encoding", "gzip")
	require.Empty(t, small.Header().Get("Content-Encoding"), "nothing is won")
	require.True(t, json.Valid(small.Body.Bytes()))
}

// unpacked asks a server for gzip, and checks that it has the length that it says.
func unpacked(t *testing.T, url string) io.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, "gzip", answer.Header.Get("Content-Encoding"))
	require.NotEmpty(t, answer.Header.Get("Etag"))
	packed, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	plain, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	return plain
}

func TestOrigins(t *testing.T) {
	w := newWorld()
	require.Empty(t, ask(t, New(w.deps), http.MethodGet, "/v1/trending", "Origin", "https://a.example").Header().Get("Access-Control-Allow-Origin"))
	w = newWorld()
	w.deps.Config.Origins = []string{"https://a.example"}
	h := New(w.deps)
	require.Equal(t, "https://a.example", ask(t, h, http.MethodGet, "/v1/trending", "Origin", "https://a.example").Header().Get("Access-Control-Allow-Origin"))
	require.Empty(t, ask(t, h, http.MethodGet, "/v1/trending", "Origin", "https://b.example").Header().Get("Access-Control-Allow-Origin"))
	pre := ask(t, h, http.MethodOptions, "/v1/trending", "Origin", "https://a.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization")
	require.Equal(t, http.StatusOK, pre.Code)
	require.Equal(t, "GET", pre.Header().Get("Access-Control-Allow-Methods"))
	require.Empty(t, pre.Header().Get("Access-Control-Allow-Credentials"))
}

func TestSizes(t *testing.T) {
	h := New(newWorld().deps)
	long := ask(t, h, http.MethodGet, "/v1/trending?cursor="+strings.Repeat("x", maxURL))
	require.Equal(t, http.StatusRequestURITooLong, long.Code)
	require.Equal(t, "application/problem+json", long.Header().Get("Content-Type"))
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/trending", strings.NewReader("x"))
	r.ContentLength = maxBody + 1
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, r)
	require.Equal(t, http.StatusRequestEntityTooLarge, answer.Code)
}

func TestAllow(t *testing.T) {
	h := New(newWorld().deps)
	for path, allow := range map[string]string{"/v1/trending": "GET, HEAD", "/v1/trending/stream": "GET, HEAD", "/v1/posts/a%2Fb/stats": "GET, HEAD", "/v1/events": "POST"} {
		answer := ask(t, h, http.MethodDelete, path)
		require.Equal(t, http.StatusMethodNotAllowed, answer.Code, path)
		require.Equal(t, allow, answer.Header().Get("Allow"), path)
	}
}

// TestSlowClients are cut off: those who dribble a header, and those who dribble a body that is read.
func TestSlowClients(t *testing.T) {
	w := newWorld()
	w.deps.Config.Addr = "127.0.0.1:0"
	server := NewServer(w.deps.Config, New(w.deps), slog.New(slog.DiscardHandler))
	server.http.ReadHeaderTimeout, server.http.ReadTimeout = 100*time.Millisecond, 200*time.Millisecond
	require.NoError(t, server.Listen(t.Context()))
	done := make(chan error, 1)
	go func() { done <- server.Run(t.Context()) }()
	for name, begin := range map[string]string{
		"header": "GET /v1/trending HTTP/1.1\r\nHost: x\r\nX-A: ",
		"body":   "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[",
	} {
		conn, err := net.Dial("tcp", server.Addr())
		require.NoError(t, err)
		_, err = conn.Write([]byte(begin))
		require.NoError(t, err)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, conn)
		}()
		began := time.Now()
		tick := time.NewTicker(20 * time.Millisecond)
	dribbling:
		for {
			select {
			case <-ended:
				break dribbling
			case <-tick.C:
				_, _ = conn.Write([]byte("a"))
				require.Less(t, time.Since(began), 20*time.Second, name)
			}
		}
		tick.Stop()
		require.NoError(t, conn.Close())
	}
	require.NoError(t, server.Close())
	require.ErrorIs(t, <-done, http.ErrServerClosed)
}
