package api

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

const connections = 16

// reads are what is asked for, the n-th time.
var reads = map[string]func(n int) string{
	"trending": func(int) string { return "/v1/trending" },
	"stats":    func(n int) string { return "/v1/posts/" + postID(n%posts) + "/stats" },
}

// bare answers each path that is measured with the bytes that product answers, made before.
func bare(product http.Handler) http.Handler {
	bodies := map[string][]byte{}
	for _, path := range reads {
		for n := range posts {
			if bodies[path(n)] == nil {
				answer := httptest.NewRecorder()
				product.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path(n), http.NoBody))
				bodies[path(n)] = answer.Body.Bytes()
			}
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bodies[r.URL.Path])
	})
}

// TestReads_beside_a_bare_handler prints the CPU time of both servers per request, in turns, and requires that the API
// answers at least half as many requests per core as the bare handler.
func TestReads_beside_a_bare_handler(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-api")
	}
	requests, rounds := benchtest.Number(t, "REQUESTS", 100_000), benchtest.Number(t, "ROUNDS", 5)
	servers := map[string]*benchtest.Server{"api": benchtest.StartServer(t, workerEnv, "api"), "bare": benchtest.StartServer(t, workerEnv, "bare")}
	for _, what := range []string{"trending", "stats"} {
		cost := map[string][]float64{}
		for round := range rounds + 1 {
			for _, name := range []string{"api", "bare"} {
				spent := servers[name].Answer(t, benchtest.Load{Requests: requests, Connections: connections, Path: reads[what]}).CPU
				if round == 0 {
					continue // warms up
				}
				cost[name] = append(cost[name], float64(spent.Nanoseconds())/1e3/float64(requests))
			}
		}
		var ratios []float64
		for i := range cost["api"] {
			ratios = append(ratios, cost["bare"][i]/cost["api"][i])
		}
		for _, name := range []string{"api", "bare"} {
			c := cost[name]
			t.Logf("| %s, %s | %.1f (%.1f–%.1f) | %.0f |", what, name, benchtest.Median(c), slices.Min(c), slices.Max(c), 1e6/benchtest.Median(c))
		}
		t.Logf("| %s, API beside bare | %.2f (%.2f–%.2f) | |", what, benchtest.Median(ratios), slices.Min(ratios), slices.Max(ratios))
		require.GreaterOrEqual(t, benchtest.Median(ratios), 0.5, what)
	}
}
