package clickhouse

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// trouble is what a proxy does with an insert instead of passing it on.
type trouble func(w http.ResponseWriter, r *http.Request, pass http.Handler)

// proxy stands before a server and makes trouble for inserts.
type proxy struct {
	*httptest.Server
	mu      sync.Mutex
	trouble trouble
	fired   atomic.Int64
	inserts atomic.Int64
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	pass.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		trouble := p.trouble
		p.mu.Unlock()
		if !strings.HasPrefix(r.URL.Query().Get("query"), "INSERT") {
			pass.ServeHTTP(w, r)
			return
		}
		p.inserts.Add(1)
		if trouble == nil {
			pass.ServeHTTP(w, r)
			return
		}
		p.fired.Add(1)
		trouble(w, r, pass)
	}))
	t.Cleanup(p.Close)
	return p
}

// make lets trouble begin, or end with nil.
func (p *proxy) make(t trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = t
	p.fired.Store(0)
}

// client returns a client through the proxy, with a breaker that opens soon and for a short time.
func (p *proxy) client(t *testing.T, cfg Config) *Client {
	t.Helper()
	cfg.Addrs = []string{p.Listener.Addr().String()}
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// says answers as a server does that refuses.
func says(code int, text string) trouble {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-ClickHouse-Exception-Code", strconv.Itoa(code))
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, "Code: %d. DB::Exception: %s", code, text)
	}
}

// hangs keeps the insert and never answers.
func hangs(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}

// closesMidInsert reads a part of the insert and closes the connection.
func closesMidInsert(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
	_, _ = io.CopyN(io.Discard, r.Body, 100)
	panic(http.ErrAbortHandler)
}

// losesTheAnswer passes the insert on and closes the connection instead of answering.
func losesTheAnswer(_ http.ResponseWriter, r *http.Request, pass http.Handler) {
	pass.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}
