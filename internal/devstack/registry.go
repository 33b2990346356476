package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/sr/srfake"
)

// registry is a schema registry that keeps a journal: each change it accepted is written before it is answered, and all
// of them are made again, in order, at the next start. So every schema keeps its id.
type registry struct {
	handler http.Handler
	server  *http.Server
	url     string
	done    chan struct{} // closed when Serve has returned

	mu      sync.Mutex // one change at a time: the journal's order is the order of the ids
	journal *journal
}

func startRegistry(ctx context.Context, addr, path string, log *slog.Logger) (*registry, error) {
	r := &registry{handler: srfake.NewRegistry().Handler(), done: make(chan struct{})}
	j, err := openJournal(path, r.redo)
	if err != nil {
		return nil, fmt.Errorf("reading the schema registry's journal: %w", err)
	}
	r.journal = j
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the schema registry on %s: %w", addr, err), j.close())
	}
	r.url = "http://" + listener.Addr().String()
	r.server = &http.Server{Handler: http.HandlerFunc(r.serve), ErrorLog: slog.NewLogLogger(log.With("part", "registry").Handler(), slog.LevelWarn)}
	go func() {
		defer close(r.done)
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.ErrorContext(ctx, "the schema registry stopped", "error", err)
		}
	}()
	return r, nil
}

// stopGrace is how long a request may take at the end. A client's unused connection would be waited for for seconds.
const stopGrace = 200 * time.Millisecond

func (r *registry) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stopGrace)
	defer cancel()
	if r.server.Shutdown(ctx) != nil {
		_ = r.server.Close() // cuts them off
	}
	<-r.done
	r.mu.Lock() // a change under way is written
	defer r.mu.Unlock()
	return r.journal.close()
}

func (r *registry) serve(w http.ResponseWriter, req *http.Request) {
	if !changes(req) {
		r.handler.ServeHTTP(w, req)
		return
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := r.apply(req.Method, req.URL.RequestURI(), body)
	if answer.Code < 300 {
		c := change{req.Method, req.URL.RequestURI(), string(body), answer.Body.String()}
		if err := r.journal.append(c); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = answer.Body.WriteTo(w) // the client is gone
}

// redo makes a journalled change again and checks that it has the same effect.
func (r *registry) redo(c change) error {
	answer := r.apply(c.Method, c.URI, []byte(c.Body))
	if got := answer.Body.String(); answer.Code >= 300 || got != c.Answer {
		return fmt.Errorf("%s %s answers %d %q, was %q", c.Method, c.URI, answer.Code, got, c.Answer)
	}
	return nil
}

func (r *registry) apply(method, uri string, body []byte) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(context.Background(), method, uri, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	r.handler.ServeHTTP(answer, req)
	return answer
}

// changes reports whether the request can alter the registry. POST also serves look-ups and compatibility checks.
func changes(req *http.Request) bool {
	switch req.Method {
	case http.MethodPut, http.MethodDelete:
		return true
	case http.MethodPost:
		return strings.HasSuffix(req.URL.Path, "/versions") && !strings.HasPrefix(req.URL.Path, "/compatibility")
	default:
		return false
	}
}
