package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/sync/semaphore"
)

// streamWrite is how long a reader may take to accept one event before it is given up.
const streamWrite = 5 * time.Second

// streamTrending sends the default answer of GET /v1/trending as a server-sent event, now and whenever the list changes.
// A slow reader gets the latest list, not each one, and is given up if it accepts nothing for as long as patience. Each
// event is whole and named by what it says, so a reader that comes back and names the last one it got is sent nothing
// until there is something new; it does not matter which process it asks.
func streamTrending(list Trending, front *frontPage, heartbeat, patience time.Duration, closing <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if list.Snapshot() == nil {
			writeError(w, recovering())
			return
		}
		updates, cancel := list.Subscribe()
		defer cancel()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		if r.Method == http.MethodHead {
			return
		}
		control := http.NewResponseController(w)
		send := func(text []byte) bool {
			_ = control.SetWriteDeadline(time.Now().Add(patience)) // a writer without deadlines has its own
			_, err := w.Write(text)
			return err == nil && control.Flush() == nil
		}
		has := r.Header.Get("Last-Event-ID")
		beat := time.NewTicker(heartbeat)
		defer beat.Stop()
		for ok := send([]byte("retry: 2000\n\n")); ok; {
			select {
			case <-r.Context().Done():
				return
			case <-closing:
				return
			case snapshot := <-updates:
				page := front.of(snapshot)
				if page.eventID() == has {
					continue
				}
				has = page.eventID()
				ok = send(page.event())
			case <-beat.C:
				ok = send([]byte(": alive\n\n"))
			}
		}
	}
}

// atMost has requests beyond a number under way come again later.
func atMost(number int) func(http.Handler) http.Handler {
	open := semaphore.NewWeighted(int64(number))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !open.TryAcquire(1) {
				w.Header().Set("Retry-After", "5")
				writeProblem(w, problem(problemUnavailable, http.StatusServiceUnavailable, "As many streams are open as this server holds. Ask again in a moment, or read /v1/trending."))
				return
			}
			defer open.Release(1)
			next.ServeHTTP(w, r)
		})
	}
}

// eventID names what a page says, but for the moment at which it says it.
func (p *encodedPage) eventID() string { return strings.Trim(p.tag, `W/"`) }

func (p *encodedPage) event() []byte {
	return slices.Concat([]byte("event: trending\nid: "+p.eventID()+"\ndata: "), p.body, []byte("\n"))
}

func describeStream(ops huma.API) {
	ops.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-trending",
		Method:      http.MethodGet,
		Path:        "/v1/trending/stream",
		Summary:     "Trending posts as they move",
		Description: "Server-sent events named trending. The data of each is the default answer of GET /v1/trending; its id stands for all of it but as_of. A comment shows that a silent stream lives. A slow reader gets the latest list, not each one.",
		Tags:        []string{"Trending"},
		Parameters: []*huma.Param{{
			Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "id of the last event that the reader got: it is not sent again",
		}},
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream without end",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}
