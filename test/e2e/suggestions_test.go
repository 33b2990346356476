package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/graph/graphtest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
	"github.com/nova-social/nova-streams/internal/suggestions"
)

const follows = "../../testdata/follows/"

// TestSuggestions brings a graph in as changes of the database and compares what the API and Redis say with an oracle. Then
// the graph changes.
func TestSuggestions(t *testing.T) {
	s := start(t, startServers(t, ""), app.Processors, app.API)
	s.ready()
	expected := graphtest.Expectations(t, follows, "lastfm_suggest.json")

	for range 2 { // as it may be sent again
		require.Equal(t, 2*27_806, s.loadFollows(follows+"lastfm_mutual.csv.gz", func(f *load.Follows) { f.Mutual = true }))
	}
	s.edges(2 * 27_806)
	client := redis.NewClient(&redis.Options{Addr: s.stack.RedisAddr()})
	defer client.Close()
	for _, want := range expected {
		got, body := s.suggestions(want.UserID)
		require.Len(t, got.Items, len(want.Suggestions))
		for i, w := range want.Suggestions {
			require.Equal(t, w.UserID, got.Items[i].UserID, "%s, place %d", want.UserID, i)
			require.Equal(t, w.MutualCount, got.Items[i].MutualCount)
			require.Len(t, got.Items[i].Via, min(w.MutualCount, 3))
		}
		require.Eventually(t, func() bool {
			cached, err := client.Get(t.Context(), cache.SuggestionsKey(want.UserID)).Result()
			return err == nil && itemsOf(cached) == itemsOf(body)
		}, 10*time.Second, time.Millisecond, "Redis has another answer for %s", want.UserID)
	}

	// whoever follows the first suggestion is no longer told of it, nor does Redis say so; until it unfollows
	reader, first := expected[0].UserID, expected[0].Suggestions[0].UserID
	file := filepath.Join(t.TempDir(), "one.csv")
	require.NoError(t, os.WriteFile(file, []byte(reader+","+first+"\n"), 0o600))
	for _, follow := range []bool{true, false} {
		before, _ := s.suggestions(reader)
		require.Equal(t, !follow, before.Items[0].UserID != first)
		s.loadFollows(file, func(f *load.Follows) { f.Unfollow = !follow })
		edges := 2*27_806 + 1
		if !follow {
			edges--
		}
		s.edges(edges)
		after, body := s.suggestions(reader)
		require.Equal(t, follow, after.Items[0].UserID != first, "the next answer knows it")
		require.Eventually(t, func() bool {
			s.suggestions(reader)
			cached, err := client.Get(t.Context(), cache.SuggestionsKey(reader)).Result()
			return err == nil && itemsOf(cached) == itemsOf(body)
		}, 10*time.Second, 5*time.Millisecond)
	}
	var st api.Status
	require.Eventually(t, func() bool {
		return s.get("/v1/status", &st) == http.StatusOK && st.Accounting["follows"].In == 4*27_806+2
	}, 10*time.Second, 20*time.Millisecond)
	requireBalanced(t, st)
}

// loadFollows sends a file, as `nova load follows` does, and returns how many changes were acknowledged.
func (s *system) loadFollows(file string, alter func(*load.Follows)) int {
	s.t.Helper()
	p, err := sarama.NewAsyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("load"))
	require.NoError(s.t, err)
	f := load.DefaultFollows(time.Now())
	alter(&f)
	res, err := f.Send(s.t.Context(), file, p, func(int, int) {})
	require.NoError(s.t, err)
	return res.Acknowledged
}

// edges waits until the graph has that many.
func (s *system) edges(n int) {
	s.t.Helper()
	require.Eventually(s.t, func() bool { return s.metric("nova_graph_edges") == float64(n) }, 60*time.Second, 5*time.Millisecond)
}

// metric returns the value of a gauge without labels.
func (s *system) metric(name string) float64 {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.app.Addr()+"/metrics", nil)
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(res.Body)
	require.NoError(s.t, err)
	require.Contains(s.t, families, name)
	return families[name].GetMetric()[0].GetGauge().GetValue()
}

// suggestions reads the default answer.
func (s *system) suggestions(user string) (list suggestions.Suggestions, body string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.app.Addr()+"/v1/users/"+user+"/suggestions", nil)
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Equal(s.t, http.StatusOK, res.StatusCode, string(text))
	require.NoError(s.t, json.Unmarshal(text, &list))
	return list, string(text)
}

// itemsOf is an answer without its moment.
func itemsOf(body string) string {
	_, items, _ := strings.Cut(body, `"items":`)
	return items
}
