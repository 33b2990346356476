package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/internal/sample"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

const free = "127.0.0.1:0"

func testConfig(dir string) (Config, config.Config) {
	cfg, settings := DefaultConfig(), config.Default()
	cfg.DataDir, cfg.StatusEvery = dir, 200*time.Millisecond
	cfg.KafkaAddr, cfg.RegistryAddr, cfg.ClickHouseAddr, cfg.RedisAddr = free, free, free, free
	settings.HTTP.Addr = free
	return cfg, settings
}

// running is a demo under test.
type running struct {
	out  *testbuffer.Buffer
	stop context.CancelFunc
	done chan error
}

func begin(t *testing.T, cfg Config, settings config.Config) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r := &running{out: &testbuffer.Buffer{}, stop: cancel, done: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	go func() { r.done <- Run(ctx, cfg, settings, r.out, func(step string) { t.Log(step) }, log) }()
	require.Eventually(t, func() bool { return strings.Contains(r.out.String(), "nova is running") || len(r.done) > 0 }, 5*time.Minute, 20*time.Millisecond)
	require.Empty(t, r.done, "the demo ended at once")
	return r
}

// address finds where the welcome says a server is.
func (r *running) address(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^  ` + name + ` +(?:http://)?([\d.]+:\d+)`).FindStringSubmatch(r.out.String())
	require.NotNil(t, m, "%s in %s", name, r.out)
	return m[1]
}

// found returns what the first group of a pattern matches in the output.
func (r *running) found(t *testing.T, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(r.out.String())
	require.NotNil(t, m, "%s in %s", pattern, r.out)
	return m[1]
}

// end stops the demo and checks that it drains in time and without an error.
func (r *running) end(t *testing.T) {
	t.Helper()
	stopped := time.Now()
	r.stop()
	require.NoError(t, <-r.done)
	require.Less(t, time.Since(stopped), 10*time.Second)
}

func (r *running) rows(t *testing.T) int64 {
	t.Helper()
	query := "SELECT count() AS n, uniqExact(event_id) AS ids FROM nova.post_events FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers=0"
	resp, err := http.Get("http://" + r.address(t, "ClickHouse") + "/?query=" + url.QueryEscape(query))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var row struct{ N, IDs int64 }
	require.NoError(t, json.Unmarshal(body, &row), "%s", body)
	require.Equal(t, row.IDs, row.N, "each event is there once")
	return row.N
}

// captions returns what the sample's database says of the posts of a list, where it says something.
func captions(t *testing.T, list trendingList) map[string]string {
	t.Helper()
	s, err := sample.Open()
	require.NoError(t, err)
	all, of := map[string]string{}, map[string]string{}
	require.NoError(t, s.Database(func(r sample.Row) error {
		var row struct{ After struct{ ID, Caption string } }
		require.NoError(t, json.Unmarshal(r.Value, &row))
		all[row.After.ID] = row.After.Caption
		return nil
	}))
	for _, item := range list.Items {
		if all[item.PostID] != "" {
			of[item.PostID] = all[item.PostID]
		}
	}
	require.NotEmpty(t, of)
	return of
}

// A newcomer sees trending filled within ten seconds of the start, finds everything again after a restart, and the
// status lines agree with the API.
func TestDemo(t *testing.T) {
	cfg, settings := testConfig(t.TempDir())
	r := begin(t, cfg, settings)
	ready := time.Now()
	reader := &client{base: "http://" + r.address(t, "page")}
	var top trendingList
	require.Eventually(t, func() bool {
		return reader.get(t.Context(), "/v1/trending?limit=50", &top) == nil && len(top.Items) == 50
	}, 10*time.Second, 50*time.Millisecond)
	t.Logf("trending is filled %v after the start", time.Since(ready))
	var st status
	require.Eventually(t, func() bool {
		require.NoError(t, reader.get(t.Context(), "/v1/status", &st))
		return st.Accounting["dedup"].In > 3000 && st.Accounting["sink-post-events"].In > 3000
	}, 10*time.Second, 50*time.Millisecond)
	var members struct {
		Groups []struct {
			Group      string
			Partitions []struct{ Owner string }
		}
	}
	require.NoError(t, reader.get(t.Context(), "/v1/status", &members))
	for _, g := range members.Groups {
		require.Equal(t, instance, g.Partitions[0].Owner, "a process of the host's name beside it does not replace %s", g.Group)
	}
	require.Eventually(t, func() bool {
		var st struct {
			Jobs []struct{ Name, Result string }
		}
		require.NoError(t, reader.get(t.Context(), "/v1/status", &st))
		well := map[string]bool{}
		for _, j := range st.Jobs {
			well[j.Name] = j.Result == "ok"
		}
		return well["trending_fallback"] && well["suggestion_warmup"] && well["view_freshness"]
	}, 20*time.Second, 100*time.Millisecond, "its jobs have run")
	for group, a := range st.Accounting {
		require.True(t, a.Balanced(), group)
		require.Zero(t, a.Dead, group)
	}
	require.Eventually(t, func() bool {
		titles, err := reader.titles(t.Context(), top)
		return err == nil && maps.Equal(titles, captions(t, top))
	}, 10*time.Second, 50*time.Millisecond, "the tables say what posts are called")
	require.Eventually(t, func() bool {
		return regexp.MustCompile(`\d\d:\d\d:\d\d  \d{4} events, 0 of them repeats, 0 dead letters, \d+ to do · 1\. \S+ \d+\.\d`).MatchString(r.out.String())
	}, 10*time.Second, 50*time.Millisecond)
	var list struct {
		Items []struct {
			UserID string `json:"user_id"`
		}
	}
	require.Eventually(t, func() bool {
		return reader.get(t.Context(), r.found(t, `curl 'http://[^/]+(/v1/users/[^']+)'`), &list) == nil && len(list.Items) == 3
	}, 10*time.Second, 50*time.Millisecond, "the reader it names has suggestions")
	sendEvent(t, reader.base, r.found(t, `--key '([^']+)'`))
	rows := r.rows(t)
	require.GreaterOrEqual(t, rows, st.Accounting["sink-post-events"].Applied)
	r.end(t)

	cfg.Sample = false
	r = begin(t, cfg, settings)
	require.NotContains(t, r.out.String(), "Playing")
	reader.base = "http://" + r.address(t, "page")
	var again status
	require.Eventually(t, func() bool {
		require.NoError(t, reader.get(t.Context(), "/v1/status", &again))
		return again.Accounting["sink-post-events"].In == again.Accounting["dedup"].Applied
	}, 10*time.Second, 50*time.Millisecond)
	require.GreaterOrEqual(t, again.Accounting["dedup"].In, st.Accounting["dedup"].In)
	require.Equal(t, again.Accounting["sink-post-events"].Applied, r.rows(t))
	r.end(t)
}

// sendEvent sends an event with a token of the demo's key.
func sendEvent(t *testing.T, base, key string) {
	t.Helper()
	private, err := identity.ReadKey(key)
	require.NoError(t, err)
	cfg := identity.DefaultConfig()
	token, err := identity.Issue(private, identity.Grant{
		Issuer: cfg.Issuer, Audience: cfg.Audience, Subject: "me", Role: api.RoleUser, ID: "t", IssuedAt: time.Now(), TTL: time.Minute,
	})
	require.NoError(t, err)
	body := fmt.Sprintf(`{"ts":%d,"user_id":"me","post_id":"p1","action":"like"}`, time.Now().UnixMilli())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/v1/events", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusAccepted, resp.StatusCode)
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", free)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	busy := l.Addr().String()
	for flag, use := range map[string]func(*Config, *config.Config){
		"--http-addr":       func(_ *Config, s *config.Config) { s.HTTP.Addr = busy },
		"--kafka-addr":      func(c *Config, _ *config.Config) { c.KafkaAddr = busy },
		"--registry-addr":   func(c *Config, _ *config.Config) { c.RegistryAddr = busy },
		"--clickhouse-addr": func(c *Config, _ *config.Config) { c.ClickHouseAddr = busy },
		"--redis-addr":      func(c *Config, _ *config.Config) { c.RedisAddr = busy },
	} {
		cfg, settings := testConfig(t.TempDir())
		use(&cfg, &settings)
		err := Run(t.Context(), cfg, settings, io.Discard, func(string) {}, slog.New(slog.DiscardHandler))
		require.EqualError(t, err, flag+" "+busy+" is in use: choose another address with "+flag+", or stop what listens there")
	}
}
