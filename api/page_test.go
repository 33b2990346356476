package api

import (
	"bytes"
	"io/fs"
	"net/http"
	"os/exec"
	"path"
	"regexp"
	"strings"
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
		if seen[location] || location == "/v1/trending/stream" || location == "/v1/posts" { // a stream has no end, and the ids come later
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

// TestReference runs the script of the reference, without a browser, over the document as it is served.
func TestReference(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("needs node to run docs.js")
	}
	document := serve(t, New(newWorld().deps), http.MethodGet, "/openapi.json")
	var complaints bytes.Buffer
	cmd := exec.CommandContext(t.Context(), node, "testdata/docs.mjs", "web/docs.js")
	cmd.Stdin, cmd.Stderr = document.Body, &complaints
	out, err := cmd.Output()
	require.NoError(t, err, complaints.String())
	operations := map[string]string{}
	for text := range strings.SplitSeq(string(out), "\n\n") {
		name, rest, _ := strings.Cut(text, " – ")
		operations[name] = rest
	}
	for name, wants := range map[string][]string{
		"POST /v1/events": {
			"Needs a token: Authorization: Bearer …\n",
			"Body, required, application/json, one, or an array of up to 5:\n",
			"It needs event_time or ts.",
			`"post_id": string   // required. With which post`,
			`"event_id": string   // Unique;`,
			`"action": "view" | "impression" | "like" | "comment" | "share"   // required`,
			"For example:\n[\n  {\n    \"action\": \"like\",",
			"202, application/json:\n{\n  \"accepted\": integer   // Events",
			"Errors: 400, 401,",
		},
		"GET /v1/posts":    {"If-None-Match: header, string. ETag of", "ids: required, strings, up to 100. Ids of posts"},
		"GET /v1/trending": {"limit: integer, 1 to 100, 20 if left out. Items of a page", `"items": [{`},
	} {
		for _, want := range wants {
			require.Contains(t, operations[name], want, name)
		}
		require.Equal(t, name == "POST /v1/events", strings.Contains(operations[name], "token"), name)
	}
}
