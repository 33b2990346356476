package feed

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

const (
	connections = 16
	cachedPages = 1_000 // readers whose pages are read from Redis
	path        = "/v1/feed?limit=20"
	turns       = 20 // of each contender in a round: short ones, as who stands still for seconds is slow at first
)

// mostBeside is how many times the CPU time of the bare handler the API may take for a page that is in Redis. The aim is 2, and it
// takes about that (docs/benchmarks/feed.md says where the rest goes), and machines are noisy.
const mostBeside = 2.5

// servers are both contenders, and the readers with their tokens.
type servers struct {
	redis     *redisServer
	api, bare *benchtest.Server
	readers   []string
	tokens    []string // by reader
}

func start(t *testing.T, makes int) *servers {
	t.Helper()
	s := &servers{redis: startRedis(t)}
	for _, n := range drawReaders(max(makes, cachedPages)) {
		s.readers = append(s.readers, userID(n))
	}
	private, err := identity.GenerateKey("EdDSA") // as the demo's
	require.NoError(t, err)
	public := filepath.Join(t.TempDir(), "public.pem")
	require.NoError(t, identity.WriteKey(private, public+".key", public))
	for n, reader := range s.readers {
		token, err := identity.Issue(private, identity.Grant{
			Issuer: "nova", Audience: "nova", Subject: reader, Role: api.RoleUser, ID: "bench-" + strconv.Itoa(n), IssuedAt: time.Now(), TTL: 2 * time.Hour,
		})
		require.NoError(t, err)
		s.tokens = append(s.tokens, token)
	}
	s.api = benchtest.StartServer(t, workerEnv, "api", redisEnv+"="+s.redis.url, keyEnv+"="+public)
	s.api.Answer(t, benchtest.Load{Requests: 1, Connections: 1, Path: func(int) string { return path }, Token: s.token}) // Redis is known from now on
	size := s.warm(t)
	t.Logf("%d readers, answers of %d bytes", len(s.readers), size)
	s.bare = benchtest.StartServer(t, workerEnv, "bare", redisEnv+"="+s.redis.url, bytesEnv+"="+strconv.Itoa(size))
	return s
}

func (s *servers) token(n int) string     { return s.tokens[(n-1)%len(s.tokens)] }
func (s *servers) unchecked(n int) string { return unchecked + s.readers[(n-1)%len(s.readers)] }

// warm has the pages made that are read from Redis later, and returns how long an answer is.
func (s *servers) warm(t *testing.T) int {
	t.Helper()
	answers := s.api.Answer(t, benchtest.Load{Requests: cachedPages, Connections: connections, Path: func(int) string { return path }, Token: s.token})
	require.Equal(t, cachedPages, s.redis.pages(t))
	return int(answers.Bytes) / cachedPages
}

// TestFeed prints what a page costs that is made anew, then what one costs that is in Redis, beside the bare handler, in turns.
// It requires that the API takes at most mostBeside times the CPU time of the bare handler for it.
func TestFeed(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-feed")
	}
	requests, makes, rounds := benchtest.Number(t, "REQUESTS", 50_000), benchtest.Number(t, "MAKES", 5_000), benchtest.Number(t, "ROUNDS", 5)
	s := start(t, makes)
	s.made(t, makes, rounds)
	s.redis.empty(t)
	s.warm(t)

	contenders := []struct {
		name   string
		server *benchtest.Server
		load   benchtest.Load
	}{
		{"API", s.api, benchtest.Load{Path: func(int) string { return path }, Token: func(n int) string { return s.token(1 + n%cachedPages) }}},
		{"API, token not checked", s.api, benchtest.Load{Path: func(int) string { return path }, Token: func(n int) string { return s.unchecked(1 + n%cachedPages) }}},
		{"bare", s.bare, benchtest.Load{Path: func(n int) string { return "/" + s.readers[n%cachedPages] }}},
	}
	cost, waits := map[string][]float64{}, map[string][]time.Duration{}
	for round := range rounds + 1 {
		took := map[string]time.Duration{}
		for turn := range turns {
			for n := range contenders {
				c := contenders[(n+turn)%len(contenders)] // none is always the first after another process
				c.load.Requests, c.load.Connections = requests/turns, connections
				answers := c.server.Answer(t, c.load)
				took[c.name] += answers.CPU
				if round > 0 {
					waits[c.name] = append(waits[c.name], answers.Waits...)
				}
			}
		}
		for _, c := range contenders {
			if round > 0 { // the first warms up
				cost[c.name] = append(cost[c.name], micros(took[c.name])/float64(requests))
			}
		}
	}
	require.Equal(t, cachedPages, s.redis.pages(t), "all pages were there all the time, and no other")
	for _, c := range contenders {
		f := cost[c.name]
		t.Logf("| in Redis, %s | %.1f (%.1f–%.1f) | %.0f | %s |", c.name, benchtest.Median(f), slices.Min(f), slices.Max(f), 1e6/benchtest.Median(f), percentiles(waits[c.name]))
	}
	for _, c := range contenders[:2] {
		var ratios []float64
		for i, f := range cost[c.name] {
			ratios = append(ratios, f/cost["bare"][i])
		}
		t.Logf("| in Redis, %s beside bare | %.2f (%.2f–%.2f) | |", c.name, benchtest.Median(ratios), slices.Min(ratios), slices.Max(ratios))
		require.LessOrEqual(t, benchtest.Median(ratios), mostBeside, c.name)
	}
}

// made has every page made anew: each request of a round is another reader's, and Redis is empty before.
func (s *servers) made(t *testing.T, makes, rounds int) {
	t.Helper()
	var cost []float64
	var waits []time.Duration
	for round := range rounds + 1 {
		s.redis.empty(t)
		answers := s.api.Answer(t, benchtest.Load{Requests: makes, Connections: 2, Path: func(int) string { return path }, Token: s.token})
		require.Equal(t, makes, s.redis.pages(t))
		if round == 0 {
			continue // warms up
		}
		cost, waits = append(cost, micros(answers.CPU)/float64(makes)), append(waits, answers.Waits...)
	}
	for _, what := range []string{"feed:v1:*", "feed:snapshot:*"} {
		n, size := s.redis.kept(t, what)
		t.Logf("%d values %s of %d bytes", n, what, size)
	}
	t.Logf("| made anew | %.0f (%.0f–%.0f) | %.0f | %s |", benchtest.Median(cost), slices.Min(cost), slices.Max(cost), 1e6/benchtest.Median(cost), percentiles(waits))
}

// percentiles returns the median and the 99th percentile, as two cells.
func percentiles(waits []time.Duration) string {
	slices.Sort(waits)
	return fmt.Sprint(waits[len(waits)/2].Round(10*time.Microsecond), " | ", waits[len(waits)*99/100].Round(10*time.Microsecond))
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
