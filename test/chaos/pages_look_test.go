package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// look reads the pages of all readers in Redis, again and again, and notes which are old.
func (p *pagesWorld) look(ctx context.Context, seen *sights) {
	for range time.Tick(50 * time.Millisecond) {
		if ctx.Err() != nil {
			return
		}
		before := time.Now().Add(-p.late)
		for reader, page := range p.pages(ctx) {
			seen.looks++
			if page == nil {
				seen.empty++
				continue
			}
			if wrong := p.tables.stale(reader, *page, pageLimit, before); len(wrong) > 0 {
				seen.old++
				if len(seen.stale) < 5 {
					seen.stale = append(seen.stale, fmt.Sprint(time.Now().Format("05.000 "), reader, ": ", wrong[0]))
				}
			}
		}
	}
}

// pages returns the page of each reader, nil for none; nothing while Redis is away. A page of an earlier run of Redis is none: a
// process that has not noticed the new one may store it, and all take it for nothing.
func (p *pagesWorld) pages(ctx context.Context) map[string]*cachedPage {
	found := map[string]*cachedPage{}
	keys := make([]string, pageReaders)
	for n := range keys {
		keys[n] = pageKey(n)
	}
	pipe := p.client.Pipeline()
	server, values := pipe.Info(ctx, "server"), pipe.MGet(ctx, keys...)
	if _, err := pipe.Exec(ctx); err != nil {
		return found
	}
	texts := values.Val()
	for n, value := range texts {
		found[readerAt(n)] = nil
		text, there := value.(string)
		if !there {
			continue
		}
		head, body, _ := strings.Cut(text, "\n")
		var stored struct{ Run string }
		page := &cachedPage{}
		if err := errors.Join(json.Unmarshal([]byte(head), &stored), json.Unmarshal([]byte(body), page)); err != nil {
			p.t.Errorf("a page that cannot be read: %v: %s", err, text)
		}
		if strings.Contains(server.Val(), "run_id:"+stored.Run) {
			found[readerAt(n)] = page
		}
	}
	return found
}

// requireSettled asks for each feed once nothing happens any more: all that is kept is right.
func (p *pagesWorld) requireSettled() {
	p.t.Helper()
	for _, addr := range slices.Sorted(maps.Values(p.apis)) {
		for n := range pageReaders {
			require.Equal(p.t, http.StatusOK, p.ask(addr, pagePath(n)))
		}
	}
	full := 0
	for reader, page := range p.pages(p.t.Context()) {
		if page != nil {
			full++
			require.Empty(p.t, p.tables.stale(reader, *page, pageLimit, time.Now()), reader)
		}
	}
	require.Equal(p.t, pageReaders, full, "each reader has a page")
}
