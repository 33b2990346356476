package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
)

// TestAnswers compares every answer of the API, good and bad, with testdata/answers/*.http.
func TestAnswers(t *testing.T) {
	cursorOf := func(w *world) string {
		page, err := w.board.Page("", 2)
		require.NoError(t, err)
		return *page.NextCursor
	}
	plain := func(path string) func(*world) string { return func(*world) string { return path } }
	for name, path := range map[string]func(*world) string{
		"trending":             plain("/v1/trending"),
		"trending-first":       plain("/v1/trending?limit=2"),
		"trending-next":        func(w *world) string { return "/v1/trending?limit=2&cursor=" + cursorOf(w) },
		"trending-limit-0":     plain("/v1/trending?limit=0"),
		"trending-limit-101":   plain("/v1/trending?limit=101"),
		"trending-limit-text":  plain("/v1/trending?limit=many"),
		"trending-bad-cursor":  plain("/v1/trending?cursor=" + strings.Repeat("x", 500)),
		"trending-gone-cursor": goneCursor,
		"trending-early": func(w *world) string {
			w.deps.Trending = newBoard()
			return "/v1/trending"
		},
		"stats":         plain("/v1/posts/p1/stats"),
		"stats-quiet":   plain("/v1/posts/quiet/stats"),
		"stats-escaped": plain("/v1/posts/a%2Fb%20c/stats"),
		"stats-unknown": plain("/v1/posts/nobody/stats"),
		"stats-early": func(w *world) string {
			w.posts.recovering = true
			return "/v1/posts/p1/stats"
		},
		"engagement":           plain("/v1/posts/p1/engagement"),
		"engagement-hours":     plain("/v1/posts/p1/engagement?hours=3"),
		"engagement-hours-0":   plain("/v1/posts/p1/engagement?hours=0"),
		"engagement-hours-169": plain("/v1/posts/p1/engagement?hours=169"),
		"engagement-draft":     plain("/v1/posts/draft/engagement"),
		"stats-draft":          plain("/v1/posts/draft/stats"),
		"stream-early": func(w *world) string {
			w.deps.Trending = newBoard()
			return "/v1/trending/stream"
		},
		"stream-too-many": func(w *world) string {
			w.deps.Config.Streams = 0
			return "/v1/trending/stream"
		},
		"engagement-quiet":   plain("/v1/posts/quiet/engagement?hours=1"),
		"engagement-unknown": plain("/v1/posts/nobody/engagement?hours=1"),
		"engagement-unknown-early": func(w *world) string {
			w.posts.recovering = true
			return "/v1/posts/nobody/engagement?hours=1"
		},
		"engagement-timeout":      broken("p1", context.DeadlineExceeded),
		"engagement-breaker":      broken("p1", ErrBreakerOpen),
		"engagement-error":        broken("p1", errors.New("secret of ClickHouse")),
		"engagement-both-unknown": broken("nobody", errors.New("away")),
		"engagement-neither": func(w *world) string {
			w.posts.recovering = true
			return broken("p1", errors.New("away"))(w)
		},
		"suggestions":           plain("/v1/users/u1/suggestions"),
		"suggestions-limit":     plain("/v1/users/u1/suggestions?limit=1"),
		"suggestions-limit-101": plain("/v1/users/u1/suggestions?limit=101"),
		"suggestions-none":      plain("/v1/users/lonely/suggestions"),
		"suggestions-unknown":   plain("/v1/users/nobody/suggestions"),
		"suggestions-early": func(w *world) string {
			w.suggestions.early = true
			return "/v1/users/u1/suggestions"
		},
		"status": plain("/v1/status"),
		"status-nothing": func(w *world) string {
			w.deps.Status = fakeStatus(func(context.Context) (Status, error) { return Status{Drained: true}, nil })
			return "/v1/status"
		},
		"status-failing": func(w *world) string {
			w.deps.Status = fakeStatus(func(context.Context) (Status, error) { return Status{}, errors.New("secret of the broker") })
			return "/v1/status"
		},
		"status-panicking": func(w *world) string {
			w.deps.Status = fakeStatus(func(context.Context) (Status, error) { panic("oh") })
			return "/v1/status"
		},
		"status-slow": func(w *world) string {
			w.deps.Config.RequestTimeout = 10 * time.Millisecond
			w.deps.Status = fakeStatus(func(ctx context.Context) (Status, error) { <-ctx.Done(); return Status{}, ctx.Err() })
			return "/v1/status"
		},
		"health-live": func(w *world) string {
			w.posts.recovering = true
			return "/health/live"
		},
		"health-ready": plain("/health/ready"),
		"health-ready-degraded": func(w *world) string {
			w.deps.Degraded = func(context.Context) []string { return []string{"clickhouse"} }
			return "/health/ready"
		},
		"health-ready-early": func(w *world) string {
			w.posts.recovering = true
			return "/health/ready"
		},
		"health-ready-unsorted": func(w *world) string {
			w.deps.Trending = newBoard()
			return "/health/ready"
		},
		"health-ready-no-status": func(w *world) string {
			w.deps.Status = fakeStatus(func(context.Context) (Status, error) { return Status{}, errors.New("away") })
			return "/health/ready"
		},
		"post":         plain("/v1/posts/p1"),
		"post-draft":   plain("/v1/posts/draft"),
		"post-unknown": plain("/v1/posts/nobody"),
		"post-early": func(w *world) string {
			w.lines.recovering = true
			return "/v1/posts/p1"
		},
		"posts":                  plain("/v1/posts?ids=p2,nobody,p1,draft"),
		"posts-twice":            plain("/v1/posts?ids=p1&ids=p2"),
		"posts-none":             plain("/v1/posts"),
		"posts-empty-id":         plain("/v1/posts?ids=p1,,p2"),
		"user-posts-limit-empty": plain("/v1/users/ann/posts?limit="),
		"posts-too-many":         plain("/v1/posts?ids=p" + strings.Repeat(",p", 100)),
		"posts-early": func(w *world) string {
			w.posts.recovering = true
			return "/v1/posts?ids=p1"
		},
		"user":         plain("/v1/users/ann"),
		"user-gone":    plain("/v1/users/gone"),
		"user-unknown": plain("/v1/users/nobody"),
		"user-early": func(w *world) string {
			w.lines.recovering = true
			return "/v1/users/ann"
		},
		"user-posts":            plain("/v1/users/ann/posts?limit=2"),
		"user-posts-next":       nextPage("/v1/users/ann/posts?limit=2"),
		"user-posts-unknown":    plain("/v1/users/nobody/posts"),
		"user-posts-limit-101":  plain("/v1/users/ann/posts?limit=101"),
		"user-followers":        plain("/v1/users/ann/followers?limit=2"),
		"user-followers-next":   nextPage("/v1/users/ann/followers?limit=2"),
		"user-followers-none":   plain("/v1/users/di/followers"),
		"user-followers-cursor": plain("/v1/users/ann/followers?cursor=AQ"),
		"user-following":        plain("/v1/users/ann/following"),
		"user-following-early": func(w *world) string {
			w.lines.recovering = true
			return "/v1/users/ann/following"
		},
		"relationship":         plain("/v1/users/ann/relationships/bob"),
		"relationship-one-way": plain("/v1/users/ann/relationships/cy"),
		"relationship-gone":    plain("/v1/users/ann/relationships/gone"),
		"relationship-early": func(w *world) string {
			w.lines.recovering = true
			return "/v1/users/ann/relationships/bob"
		},
		"health-ready-no-feed": func(w *world) string {
			w.feed.early = true
			return "/health/ready"
		},
		"unknown": plain("/v2/trending"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			answer := w.get(t, path(w))
			var text bytes.Buffer
			fmt.Fprintf(&text, "HTTP %d\nContent-Type: %s\n", answer.Code, answer.Header().Get("Content-Type"))
			if after := answer.Header().Get("Retry-After"); after != "" {
				fmt.Fprintf(&text, "Retry-After: %s\n", after)
			}
			text.WriteString("\n" + answer.Body.String())
			requireGolden(t, "answers/"+name+".http", text.Bytes())
			require.True(t, json.Valid(answer.Body.Bytes()))
		})
	}
}

// nextPage is the page after the one at path.
func nextPage(path string) func(*world) string {
	return func(w *world) string {
		answer := httptest.NewRecorder()
		New(w.deps).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		var page struct {
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil {
			panic(err)
		}
		w.deps.Metrics = nil // registered once already
		return path + "&cursor=" + page.NextCursor
	}
}

// broken asks for the engagement of a post while ClickHouse gives nothing but err.
func broken(post string, err error) func(*world) string {
	return func(w *world) string {
		w.deps.Engagement = fakeEngagement(func(context.Context) (map[int64]engagement.Counts, error) {
			return nil, fmt.Errorf("asking: %w", err)
		})
		return "/v1/posts/" + post + "/engagement"
	}
}

// goneCursor pages a list, which is then replaced for longer than it is kept.
func goneCursor(w *world) string {
	page, err := w.board.Page("", 1)
	if err != nil {
		panic(err)
	}
	w.board.Delete("p3")
	w.board.Refresh(now + trending.DefaultConfig().CursorTTL.Milliseconds() + 1)
	return "/v1/trending?cursor=" + *page.NextCursor
}

func TestOtherMethods(t *testing.T) {
	handler := New(newWorld().deps)
	head := serve(t, handler, http.MethodHead, "/v1/trending")
	require.Equal(t, http.StatusOK, head.Code)

	post := serve(t, handler, http.MethodPost, "/v1/trending")
	require.Equal(t, http.StatusMethodNotAllowed, post.Code)
	require.Equal(t, "GET, HEAD", post.Header().Get("Allow"))
	require.Equal(t, "application/problem+json", post.Header().Get("Content-Type"))
}

// TestOpenAPI compares the document with the golden one, and checks that every route of /v1 and /health is in it.
func TestOpenAPI(t *testing.T) {
	handler := New(newWorld().deps)
	answer := serve(t, handler, http.MethodGet, "/openapi.json")
	require.Equal(t, http.StatusOK, answer.Code)
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, answer.Body.Bytes(), "", "  "))
	requireGolden(t, "openapi.json", append(pretty.Bytes(), '\n'))

	var document struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &document))
	require.Equal(t, "3.1.0", document.OpenAPI)
	routes, ok := handler.Handler.(chi.Routes)
	require.True(t, ok)
	described := 0
	require.NoError(t, chi.Walk(routes, func(_, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/health/") {
			require.Contains(t, document.Paths, path)
			described++
		}
		return nil
	}))
	require.Len(t, document.Paths, described)
}
