package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/schemas"
)

const token = "token-of-u1"

// lines are what the producers are given: five events, one a repeat, one of another user, one that is none.
const lines = `{"event_id":"a","ts":1,"user_id":"u1","post_id":"p","action":"view"}
{"event_id":"a","ts":1,"user_id":"u1","post_id":"p","action":"view"}
{"event_id":"b","ts":2,"user_id":"u2","post_id":"p","action":"like"}
{"event_id":"c","user_id":"u1","post_id":"p","action":"like"}
{"event_id":"d","ts":3,"user_id":"u1","post_id":"p","action":"share"}
`

var producers = map[string]func(t *testing.T, in string, flags ...string) (out, complaints string, err error){"Go": inGo, "Python": inPython}

// TestProducers runs both examples beside the API, which cannot write at first.
func TestProducers(t *testing.T) {
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			away := &ingest{failures: 1}
			url := serve(t, away)
			out, complaints, err := produce(t, lines, "--url", url, "--token", token, "--batch", "3")
			require.NoError(t, err, complaints)
			said := strings.Split(strings.TrimSpace(out), "\n")
			require.Len(t, said, 3, out)
			require.True(t, strings.HasPrefix(said[0], "rejected: not_yours: user_id: the token is another user's: {"), said[0])
			require.True(t, strings.HasPrefix(said[1], "rejected: missing_field: event_time: absent, and ts too: {"), said[1])
			require.Equal(t, "2 accepted, 1 duplicate, 2 rejected", said[2])
			require.Equal(t, [][]string{{"a"}, {"a"}, {"d"}}, away.asked, "batches of three; the first is sent again")
			require.Equal(t, []string{"a", "d"}, away.written)
			require.Regexp(t, `^sending again in 1s: 503 Service Unavailable\n$`, complaints)

			_, complaints, err = produce(t, lines, "--url", url, "--token", "another-token", "--batch", "3")
			require.Error(t, err, "it does not send again what is wrong")
			require.Contains(t, complaints, "urn:nova:problem:bad-token")
		})
	}
}

// TestProducers_send_again what was answered by nothing against it: once in each batch.
func TestProducers_send_again(t *testing.T) {
	t.Parallel() // it mostly waits
	first := []http.HandlerFunc{
		status(http.StatusRequestTimeout, ""), nil, status(http.StatusBadGateway, "soon"), nil, status(http.StatusServiceUnavailable, "1"), nil,
		status(http.StatusGatewayTimeout, inTime(-time.Hour)), nil, cutShort, nil, hangUp, nil,
	}
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, url := serveAfter(t, first...)
			began := time.Now()
			out, complaints, err := produce(t, events(6), "--url", url, "--token", token, "--batch", "1")
			require.NoError(t, err, complaints)
			require.Equal(t, "6 accepted, 0 duplicate, 0 rejected", strings.TrimSpace(out))
			require.Equal(t, []string{"e0", "e1", "e2", "e3", "e4", "e5"}, to.written)
			require.GreaterOrEqual(t, time.Since(began), 5*firstWait+time.Second, "it waits each time, and as long as it is asked to")
			require.Equal(t, 6, strings.Count(complaints, "sending again in "), complaints)
		})
	}
}

// TestProducers_say_why they send again, each time: the server goes amid the first request and is away for a second.
func TestProducers_say_why(t *testing.T) {
	t.Parallel() // it mostly waits
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			addr := listener.Addr().String()
			taken := answer(&ingest{})
			server := &http.Server{ReadHeaderTimeout: time.Second}
			t.Cleanup(func() { _ = server.Close() })
			var gone atomic.Bool
			server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if gone.Swap(true) {
					taken.ServeHTTP(w, r)
					return
				}
				_ = listener.Close()
				time.AfterFunc(time.Second, func() {
					if again, err := net.Listen("tcp", addr); err == nil {
						_ = server.Serve(again)
					}
				})
				panic(http.ErrAbortHandler)
			})
			go server.Serve(listener)
			_, complaints, err := produce(t, events(1), "--url", "http://"+addr, "--token", token)
			require.NoError(t, err, complaints)
			require.Regexp(t, `^sending again in (250ms|0.25s): \S.*\nsending again in (500ms|0.5s): .*[cC]onnection refused\n`, complaints)
			require.Regexp(t, `^(sending again in [^:]+s: \S.*\n)+$`, complaints)
		})
	}
}

// TestProducers_wait_until_the_time that an answer says. It has whole seconds: this one is one to two from now.
func TestProducers_wait_until_the_time(t *testing.T) {
	t.Parallel() // it mostly waits
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, url := serveAfter(t, func(w http.ResponseWriter, r *http.Request) {
				status(http.StatusServiceUnavailable, inTime(2*time.Second))(w, r)
			})
			began := time.Now()
			_, complaints, err := produce(t, events(1), "--url", url, "--token", token)
			require.NoError(t, err, complaints)
			require.Equal(t, []string{"e0"}, to.written)
			require.GreaterOrEqual(t, time.Since(began), time.Second)
		})
	}
}

// TestProducers_wait_longer each time.
func TestProducers_wait_longer(t *testing.T) {
	t.Parallel() // it mostly waits
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			away := status(http.StatusBadGateway, "")
			to, url := serveAfter(t, away, away, away)
			began := time.Now()
			_, complaints, err := produce(t, events(1), "--url", url, "--token", token)
			require.NoError(t, err, complaints)
			require.Equal(t, []string{"e0"}, to.written)
			require.GreaterOrEqual(t, time.Since(began), (1+2+4)*firstWait)
			require.Regexp(t, `^sending again in (250ms|0.25s): 502 Bad Gateway\nsending again in (500ms|0.5s): 502 Bad Gateway\nsending again in 1s: 502 Bad Gateway\n$`, complaints)
		})
	}
}

// TestProducers_do_not_wait_for_ever for an answer.
func TestProducers_do_not_wait_for_ever(t *testing.T) {
	t.Parallel() // it mostly waits
	timeout := map[string]string{"Go": "500ms", "Python": "0.5"}
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			over := make(chan struct{})
			to, url := serveAfter(t, func(http.ResponseWriter, *http.Request) { <-over })
			defer close(over)
			_, complaints, err := produce(t, events(1), "--url", url, "--token", token, "--timeout", timeout[name])
			require.NoError(t, err, complaints)
			require.Equal(t, []string{"e0"}, to.written)
		})
	}
}

func TestProducers_skip_blank_lines(t *testing.T) {
	for name, produce := range producers {
		t.Run(name, func(t *testing.T) {
			to, url := serveAfter(t)
			_, complaints, err := produce(t, "\n \t\r\n"+strings.ReplaceAll(events(3), "\n", "\r\n\n"), "--url", url, "--token", token, "--batch", "2")
			require.NoError(t, err, complaints)
			require.Equal(t, [][]string{{"e0", "e1"}, {"e2"}}, to.asked)

			_, complaints, err = produce(t, "\n\n", "--url", url, "--token", token)
			require.NoError(t, err, complaints)
			require.Len(t, to.asked, 2, "nothing is sent")
		})
	}
}

func TestProducers_refuse_sizes_of_a_batch(t *testing.T) {
	for name, produce := range producers {
		for _, size := range []string{"0", "-1", "1001"} {
			t.Run(name+" "+size, func(t *testing.T) {
				_, complaints, err := produce(t, lines, "--url", "http://127.0.0.1:1", "--batch", size)
				require.Error(t, err)
				require.Regexp(t, "^(producer: -)?-batch must be within 1 and 1000, is "+size+"\n?$", complaints)
			})
		}
	}
}

func inGo(t *testing.T, in string, flags ...string) (out, complaints string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if err = run(t.Context(), flags, strings.NewReader(in), &stdout, &stderr); err != nil {
		stderr.WriteString(err.Error())
	}
	return stdout.String(), stderr.String(), err
}

func inPython(t *testing.T, in string, flags ...string) (out, complaints string, err error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, append([]string{"producer.py"}, flags...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(in), &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

// events are so many good lines, of the events e0, e1 and so on.
func events(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, `{"event_id":"e%d","ts":1,"user_id":"u1","post_id":"p","action":"view"}`+"\n", i)
	}
	return all.String()
}

// serveAfter serves the API. The requests that come first are answered by first instead, but where that is nil.
func serveAfter(t *testing.T, first ...http.HandlerFunc) (to *ingest, url string) {
	t.Helper()
	to = &ingest{}
	taken := answer(to)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i := int(asked.Add(1)) - 1; i < len(first) && first[i] != nil {
			first[i](w, r)
			return
		}
		taken.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return to, server.URL
}

func inTime(d time.Duration) string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }

// status answers with no more than a status, as a proxy may, and with Retry-After unless it is empty.
func status(code int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(code)
	}
}

// cutShort ends amid an answer: what became of the batch is not known, so it is sent again.
func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, `{"accepted":`)
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// serve serves the API to whoever has the token, as the user u1.
func serve(t *testing.T, to api.Ingest) (url string) {
	t.Helper()
	server := httptest.NewServer(answer(to))
	t.Cleanup(server.Close)
	return server.URL
}

func answer(to api.Ingest) http.Handler {
	return api.New(api.Deps{
		Config: api.DefaultConfig(), Ingest: to, Callers: callers{}, EventLimits: api.EventLimits{MaxEvents: 3, MaxBytes: 1 << 20, Ahead: time.Minute},
		Log: slog.New(slog.DiscardHandler),
	})
}

// callers knows one token.
type callers struct{}

func (callers) Caller(_ context.Context, text string) (api.Caller, error) {
	if text != token {
		return api.Caller{}, api.ErrBadToken
	}
	return api.Caller{Subject: "u1", Role: api.RoleUser}, nil
}

func (callers) Revoked(string) (ended <-chan struct{}, cancel func()) { return nil, func() {} }

// ingest takes events after so many failures.
type ingest struct {
	mu       sync.Mutex
	failures int
	asked    [][]string
	written  []string
}

func (i *ingest) Send(_ context.Context, events []*schemas.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	var ids []string
	for _, e := range events {
		ids = append(ids, e.EventID)
	}
	i.asked = append(i.asked, ids)
	if len(i.asked) <= i.failures {
		return api.ErrIngestAway
	}
	i.written = append(i.written, ids...)
	return nil
}

// TestProducer_refuses_lines_that_are_no_JSON: a batch cannot be made of them.
func TestProducer_refuses_lines_that_are_no_JSON(t *testing.T) {
	away := &ingest{}
	err := run(t.Context(), []string{"-url", serve(t, away), "-token", token}, strings.NewReader("{\n"), io.Discard, io.Discard)
	var syntax *json.SyntaxError
	require.ErrorAs(t, err, &syntax)
	require.ErrorContains(t, err, "encoding a batch")
	require.Empty(t, away.asked)
}
