package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// trouble is what a proxy does with a call instead of passing it on; over is closed when the trouble is to end.
type trouble func(w http.ResponseWriter, r *http.Request, over <-chan struct{})

// answersErrors says that the server is in trouble of its own.
func answersErrors(w http.ResponseWriter, _ *http.Request, _ <-chan struct{}) {
	w.Header().Set("X-ClickHouse-Exception-Code", "999")
	w.WriteHeader(http.StatusInternalServerError)
	fmt.Fprint(w, "Code: 999. DB::Exception: Keeper is away. (KEEPER_EXCEPTION)")
}

// breaks breaks connections off.
func breaks(http.ResponseWriter, *http.Request, <-chan struct{}) { panic(http.ErrAbortHandler) }

// hangs says nothing, and breaks off in the end.
func hangs(_ http.ResponseWriter, r *http.Request, over <-chan struct{}) {
	select {
	case <-over:
	case <-r.Context().Done():
	}
	panic(http.ErrAbortHandler)
}

// proxy stands before a server and makes trouble for all calls.
type proxy struct {
	mu      sync.RWMutex // held for reading while a call is passed on
	trouble trouble      // nil for none
	over    chan struct{}
	fired   atomic.Int64 // calls that were not passed on
	addr    string       // host:port
}

func startProxy(t *testing.T, to string) *proxy {
	t.Helper()
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	p := &proxy{over: make(chan struct{})}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.RLock()
		trouble, over := p.trouble, p.over
		if trouble == nil {
			defer p.mu.RUnlock()
			pass.ServeHTTP(w, r)
			return
		}
		p.mu.RUnlock()
		p.fired.Add(1)
		trouble(w, r, over)
	}))
	p.addr = strings.TrimPrefix(server.URL, "http://")
	t.Cleanup(func() {
		p.make(nil)
		server.Close()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	return p
}

// make lets trouble begin, or end with nil. What was passed on before has been answered when it returns.
func (p *proxy) make(t trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.over)
	p.trouble, p.over = t, make(chan struct{})
}
