package docker

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/trending"
)

type compose struct {
	Services map[string]struct {
		Image       string
		Build       struct{ Dockerfile string }
		Command     []string
		Ports       []string
		Environment map[string]string
		Volumes     []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck struct{ Test []string }
	}
	Volumes map[string]any
}

func load(t *testing.T) compose {
	t.Helper()
	text, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	var c compose
	require.NoError(t, yaml.Unmarshal(text, &c))
	return c
}

// Whoever runs `nova` outside finds every server where the defaults look for it, and nobody else can reach it.
func TestPortsAreTheDefaults(t *testing.T) {
	c, d := load(t), config.Default()
	registry, err := url.Parse(d.Registry.URL)
	require.NoError(t, err)
	redis, err := url.Parse(d.Redis.URL)
	require.NoError(t, err)
	for service, addr := range map[string]string{
		"nova": d.HTTP.Addr, "kafka": d.Kafka.Brokers[0], "clickhouse": d.ClickHouse.Addrs[0], "registry": registry.Host, "redis": redis.Host,
	} {
		_, port, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		require.Equal(t, []string{addr + ":" + port}, c.Services[service].Ports, service)
	}
	for name, s := range c.Services {
		for _, p := range s.Ports {
			require.Regexp(t, `^127\.0\.0\.1:\d+:\d+$`, p, name)
		}
	}
}

// The variables the containers get are settings of the program, and lead to services of the stack.
func TestEnvironmentIsUnderstood(t *testing.T) {
	c := load(t)
	ours := 0
	for name, s := range c.Services {
		if s.Build.Dockerfile == "" {
			require.Regexp(t, `^[\w./-]+:v?\d+\.\d+[\w.-]*$`, s.Image, "%s: the image is pinned", name)
			continue
		}
		ours++
		require.FileExists(t, filepath.Join("..", s.Build.Dockerfile))
		var environ []string
		for k, v := range s.Environment {
			environ = append(environ, k+"="+v)
		}
		e, err := config.Load(config.Sources{Environ: environ})
		require.NoError(t, err, name)
		for _, addr := range []string{e.Kafka.Brokers[0], hostOf(t, e.Registry.URL), e.ClickHouse.Addrs[0], hostOf(t, e.Redis.URL)} {
			host, _, err := net.SplitHostPort(addr)
			require.NoError(t, err)
			require.Contains(t, c.Services, host, name)
		}
		ch := c.Services["clickhouse"]
		require.Equal(t, ch.Environment["CLICKHOUSE_USER"], e.ClickHouse.User)
		require.Equal(t, ch.Environment["CLICKHOUSE_PASSWORD"], e.ClickHouse.Password.Reveal())
		require.Contains(t, ch.Healthcheck.Test, "--password="+e.ClickHouse.Password.Reveal())
		require.Contains(t, c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"], "//"+e.Kafka.Brokers[0]+",")
		for dependency, on := range s.DependsOn {
			require.Contains(t, c.Services, dependency)
			if on.Condition == "service_healthy" {
				require.NotEmpty(t, c.Services[dependency].Healthcheck.Test, dependency)
			}
		}
	}
	require.Equal(t, 3, ours)
	require.Contains(t, c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"], "//"+config.Default().Kafka.Brokers[0])
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u.Host
}

func TestRolesExistAndCoverEverything(t *testing.T) {
	var started []app.Role
	for _, s := range load(t).Services {
		for _, arg := range s.Command {
			names, found := strings.CutPrefix(arg, "--roles=")
			if !found {
				continue
			}
			for name := range strings.SplitSeq(names, ",") {
				role, err := app.ParseRole(name)
				require.NoError(t, err)
				started = append(started, role)
			}
		}
	}
	for _, role := range app.Roles {
		require.Contains(t, started, role)
	}
}

func TestMountedFilesAndVolumesExist(t *testing.T) {
	c := load(t)
	mounts := 0
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			mounts++
			if source, _, _ := strings.Cut(v, ":"); strings.HasPrefix(source, "./") {
				_, err := os.Stat(filepath.Join("..", source))
				require.NoError(t, err, name)
			} else {
				require.Contains(t, c.Volumes, source, name)
			}
		}
	}
	require.Positive(t, mounts)
}

// Every process that serves its metrics is asked for them, however many there are of a service.
func TestPrometheusAsksEveryProcess(t *testing.T) {
	var prometheus struct {
		ScrapeConfigs []struct {
			DNS []struct {
				Names []string
				Type  string
				Port  string
			} `yaml:"dns_sd_configs"`
		} `yaml:"scrape_configs"`
	}
	text, err := os.ReadFile("prometheus/prometheus.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &prometheus))
	asked := prometheus.ScrapeConfigs[0].DNS[0]
	require.Equal(t, "A", asked.Type)
	var serving []string
	for name, s := range load(t).Services {
		if s.Build.Dockerfile == "" || s.Command[0] != "run" {
			continue
		}
		serving = append(serving, name)
		_, port, err := net.SplitHostPort(s.Environment["NOVA_HTTP_ADDR"])
		require.NoError(t, err)
		require.Equal(t, asked.Port, port, name)
	}
	require.ElementsMatch(t, serving, asked.Names)
}

// names notes the metrics that are registered.
type names struct {
	prometheus.Registerer
	seen []string
}

var fqName = regexp.MustCompile(`fqName: "([^"]+)"`)

func (n *names) MustRegister(collectors ...prometheus.Collector) {
	for _, c := range collectors {
		descs := make(chan *prometheus.Desc, 100)
		c.Describe(descs)
		close(descs)
		for d := range descs {
			n.seen = append(n.seen, fqName.FindStringSubmatch(d.String())[1])
		}
	}
}

// A dashboard names only metrics that there are, and those of the groups are all on one.
func TestDashboardsShowMetricsThatExist(t *testing.T) {
	var known names
	streams.NewMetrics(&known)
	clickhouse.NewMetrics(&known)
	trending.NewMetrics(&known)
	cache.NewMetrics(&known)
	known.MustRegister(app.Collectors()...)
	known.seen = append(known.seen, "nova_http_request_seconds") // the API registers it with its handler
	files, err := filepath.Glob("grafana/dashboards/*.json")
	require.NoError(t, err)
	require.Len(t, files, 2)
	shown := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var board struct {
			Panels []struct{ Targets []struct{ Expr string } }
		}
		require.NoError(t, json.Unmarshal(text, &board), file)
		for _, panel := range board.Panels {
			for _, target := range panel.Targets {
				used := regexp.MustCompile(`\b(nova|kafka)_\w+`).FindAllString(target.Expr, -1)
				require.NotEmpty(t, used, target.Expr)
				for _, name := range used {
					name = strings.TrimSuffix(name, "_bucket")
					require.Contains(t, known.seen, name, file)
					shown[name] = true
				}
			}
		}
	}
	for _, name := range known.seen { // what tells of a loss or of a group at rest must be seen
		if strings.HasPrefix(name, "nova_stream_") && !slices.Contains([]string{"nova_stream_epochs_total", "nova_stream_expired_rows_total"}, name) {
			require.True(t, shown[name], "%s is on no dashboard", name)
		}
	}
}
