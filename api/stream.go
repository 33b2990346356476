package api

import (
	"bytes"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/trending"
)

// streamWrite is how long a reader may take to accept one event before it is given up.
const streamWrite = 5 * time.Second

// streamTrending sends the default answer of GET /v1/trending as a server-sent event, now and whenever the list
// changes. A slow reader gets the latest list, not each one. Each event is whole, so a reader that comes back needs no
// resuming.
func streamTrending(list Trending, heartbeat time.Duration, closing <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		updates, cancel := list.Subscribe()
		defer cancel()
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		control := http.NewResponseController(w)
		send := func(text []byte) bool {
			_ = control.SetWriteDeadline(time.Now().Add(streamWrite)) // a writer without deadlines has its own
			_, err := w.Write(text)
			return err == nil && control.Flush() == nil
		}
		beat := time.NewTicker(heartbeat)
		defer beat.Stop()
		for ok := send([]byte("retry: 2000\n\n")); ok; {
			select {
			case <-r.Context().Done():
				return
			case <-closing:
				return
			case snapshot := <-updates:
				ok = send(trendingEvent(snapshot))
			case <-beat.C:
				ok = send([]byte(": alive\n\n"))
			}
		}
	}
}

func trendingEvent(snapshot *trending.Snapshot) []byte {
	var b bytes.Buffer
	b.WriteString("event: trending\ndata: ")
	_ = trending.Encode(&b, snapshot.Page(0, trending.DefaultLimit)) // a page always encodes
	b.WriteString("\n")
	return b.Bytes()
}

func describeStream(ops huma.API) {
	ops.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "stream-trending",
		Method:      http.MethodGet,
		Path:        "/v1/trending/stream",
		Summary:     "Trending posts as they move",
		Description: "Server-sent events named trending. The data of each is the default answer of GET /v1/trending.",
		Tags:        []string{"Trending"},
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream without end",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}
