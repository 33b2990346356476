package api

import (
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPagesNeedNothingFromElsewhere follows what the pages name: all of it is served here, none comes from outside.
func TestPagesNeedNothingFromElsewhere(t *testing.T) {
	handler := New(newWorld().deps)
	kinds := map[string]string{"": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
	named := regexp.MustCompile(`(?:src=|href=|fetch\(|EventSource\()["'](/[^"'?]*)`)
	outside := regexp.MustCompile(`(?:https?:)?//[a-z]`)
	seen := map[string]bool{}
	var visit func(location string)
	visit = func(location string) {
		if seen[location] || location == "/v1/trending/stream" { // a stream has no end
			return
		}
		seen[location] = true
		answer := serve(t, handler, http.MethodGet, location)
		require.Equal(t, http.StatusOK, answer.Code, location)
		if location != "/" && location != "/docs" && path.Dir(location) != "/assets" {
			return // data
		}
		require.Contains(t, answer.Header().Get("Content-Type"), kinds[path.Ext(location)], location)
		require.Equal(t, contentPolicy, answer.Header().Get("Content-Security-Policy"))
		if path.Ext(location) == ".svg" {
			return
		}
		require.NotRegexp(t, outside, answer.Body.String(), location)
		for _, match := range named.FindAllStringSubmatch(answer.Body.String(), -1) {
			visit(match[1])
		}
	}
	visit("/")
	for _, location := range []string{"/assets/page.css", "/assets/flow.js", "/assets/groups.js", "/assets/trending.js", "/docs", "/assets/docs.js", "/openapi.json", "/v1/status", "/metrics"} {
		require.True(t, seen[location], location)
	}
	files, err := fs.ReadDir(web, "web")
	require.NoError(t, err)
	for _, file := range files {
		if file.Name() != "index.html" && file.Name() != "docs.html" {
			require.True(t, seen["/assets/"+file.Name()], "%s is used", file.Name())
		}
	}
	require.Equal(t, http.StatusNotFound, serve(t, handler, http.MethodGet, "/assets/nothing.js").Code)
}
