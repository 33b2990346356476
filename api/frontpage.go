package api

import (
	"bytes"
	"net/http"
	"sync/atomic"

	"github.com/nova-social/nova-streams/internal/trending"
)

// frontPage is the default answer of GET /v1/trending, which is also the data of the stream's events: encoded once for
// each snapshot, not for each reader.
type frontPage struct {
	list Trending
	last atomic.Pointer[encodedPage]
}

type encodedPage struct {
	snapshot *trending.Snapshot
	body     []byte
	tag      string
}

// of returns the page of a snapshot. Two readers of a new one may both encode it.
func (f *frontPage) of(s *trending.Snapshot) *encodedPage {
	if last := f.last.Load(); last != nil && last.snapshot == s {
		return last
	}
	var b bytes.Buffer
	_ = trending.Encode(&b, s.Page(0, trending.DefaultLimit)) // a page always encodes
	page := &encodedPage{s, b.Bytes(), tagOf(b.Bytes())}
	f.last.Store(page)
	return page
}

// answer answers requests without a query, and hands on all others.
func (f *frontPage) answer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		snapshot := f.list.Snapshot()
		if r.URL.RawQuery != "" || snapshot == nil {
			next.ServeHTTP(w, r)
			return
		}
		page := f.of(snapshot)
		answer(w, r, page.body, page.tag)
	})
}
