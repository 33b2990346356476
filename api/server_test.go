package api

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// start serves the world on a free port until the returned function is called, which returns what Run returned.
func start(t *testing.T, w *world) (base string, stop func() error) {
	t.Helper()
	w.deps.Config.Addr = "127.0.0.1:0"
	server := NewServer(w.deps.Config, New(w.deps), slog.New(slog.DiscardHandler))
	require.NoError(t, server.Listen(t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, server.Close())
		http.DefaultClient.CloseIdleConnections()
	})
	return "http://" + server.Addr(), func() error { cancel(); return <-done }
}

// open gets url; its body is closed when the test ends.
func open(t *testing.T, url string) (kind string, body *bufio.Reader) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, answer.Body.Close()) })
	return answer.Header.Get("Content-Type"), bufio.NewReader(answer.Body)
}

func text(t *testing.T, url string) string {
	t.Helper()
	_, body := open(t, url)
	whole, err := io.ReadAll(body)
	require.NoError(t, err)
	return string(whole)
}

// nextEvent reads one server-sent event, fields and all.
func nextEvent(t *testing.T, stream *bufio.Reader) string {
	t.Helper()
	var event strings.Builder
	for {
		line, err := stream.ReadString('\n')
		require.NoError(t, err)
		if line == "\n" {
			return event.String()
		}
		event.WriteString(line)
	}
}

// TestStream gets the list in force, each change, and signs of life in between; each event carries the very bytes of
// the default answer. The stream ends when the server drains.
func TestStream(t *testing.T) {
	w := newWorld()
	w.deps.Config.Heartbeat = 20 * time.Millisecond
	base, stop := start(t, w)
	kind, stream := open(t, base+"/v1/trending/stream")
	require.Equal(t, "text/event-stream", kind)
	require.Equal(t, "retry: 2000\n", nextEvent(t, stream))
	event := func() string {
		body := text(t, base+"/v1/trending")
		return "event: trending\nid: " + strings.Trim(tagOf([]byte(body)), `W/"`) + "\ndata: " + body
	}
	require.Equal(t, event(), nextEvent(t, stream))
	require.Equal(t, ": alive\n", nextEvent(t, stream))

	w.update("p4", engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Shares: 9}})
	w.board.Refresh(now + 1)
	next := nextEvent(t, stream)
	for next == ": alive\n" {
		next = nextEvent(t, stream)
	}
	require.Equal(t, event(), next)
	require.Contains(t, next, `{"rank":1,"post_id":"p4","score":45.0,`)

	began := time.Now()
	require.NoError(t, stop())
	require.Less(t, time.Since(began), w.deps.Config.DrainTimeout, "an open stream does not hold the server up")
	_, err := io.ReadAll(stream)
	require.NoError(t, err, "the stream ended in good order")
}

// TestDrain lets a running request finish after the server was told to stop, and takes no new ones.
func TestDrain(t *testing.T) {
	w := newWorld()
	entered, finish := make(chan struct{}), make(chan struct{})
	w.deps.Status = fakeStatus(func(ctx context.Context) (Status, error) {
		close(entered)
		<-finish
		return fixedStatus(ctx)
	})
	base, stop := start(t, w)
	code := make(chan int, 1)
	go func() {
		answer, err := http.Get(base + "/v1/status")
		if err != nil {
			code <- 0
			return
		}
		_ = answer.Body.Close()
		code <- answer.StatusCode
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	require.Eventually(t, func() bool {
		answer, err := http.Get(base + "/health/live")
		if err == nil {
			_ = answer.Body.Close()
		}
		return err != nil
	}, 5*time.Second, time.Millisecond)
	close(finish)
	require.Equal(t, http.StatusOK, <-code)
	require.NoError(t, <-stopped)
}

// TestDrainTimeout cuts a request short that does not end.
func TestDrainTimeout(t *testing.T) {
	w := newWorld()
	w.deps.Config.DrainTimeout = 50 * time.Millisecond
	entered, finish := make(chan struct{}), make(chan struct{})
	w.deps.Status = fakeStatus(func(ctx context.Context) (Status, error) {
		close(entered)
		<-finish
		return fixedStatus(ctx)
	})
	base, stop := start(t, w)
	cut := make(chan error, 1)
	go func() {
		answer, err := http.Get(base + "/v1/status")
		if err == nil {
			_ = answer.Body.Close()
		}
		cut <- err
	}()
	<-entered
	require.NoError(t, stop())
	require.Error(t, <-cut)
	close(finish)
}

func TestAddressTaken(t *testing.T) {
	w := newWorld()
	base, _ := start(t, w)
	cfg := w.deps.Config
	cfg.Addr = strings.TrimPrefix(base, "http://")
	second := NewServer(cfg, New(newWorld().deps), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, second.Run(t.Context()), "listening on "+cfg.Addr)
	require.NoError(t, second.Close())
}

// TestRequestMetrics counts by route, not by what clients ask for.
func TestRequestMetrics(t *testing.T) {
	handler := New(newWorld().deps)
	for _, path := range []string{"/v1/posts/p1/stats", "/v1/posts/p2/stats", "/v1/posts/nobody/stats", "/v1/trending?limit=0"} {
		serve(t, handler, http.MethodGet, path)
	}
	text := serve(t, handler, http.MethodGet, "/metrics").Body.String()
	for _, line := range []string{
		`nova_http_request_seconds_count{code="200",method="get",route="/v1/posts/{post_id}/stats"} 2`,
		`nova_http_request_seconds_count{code="404",method="get",route="/v1/posts/{post_id}/stats"} 1`,
		`nova_http_request_seconds_count{code="422",method="get",route="/v1/trending"} 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"addr":            func(c *Config) { c.Addr = "8080" },
		"request_timeout": func(c *Config) { c.RequestTimeout = 0 },
		"drain_timeout":   func(c *Config) { c.DrainTimeout = time.Hour },
		"heartbeat":       func(c *Config) { c.Heartbeat = -1 },
		"slow":            func(c *Config) { c.Slow = 0 },
		"streams":         func(c *Config) { c.Streams = 0 },
		"origins":         func(c *Config) { c.Origins = []string{"https://a.example/path"} },
		"origins must":    func(c *Config) { c.Origins = []string{"https://*.example"} },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), field)
	}
}
