package docker

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/applier"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/trending"
)

// load reads the file as docker compose does, with the services of all profiles. A mistake of form is an error there.
func load(t *testing.T) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: "..", ConfigFiles: []types.ConfigFile{{Filename: "../docker-compose.yml"}},
	}, loader.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	return project
}

// environ is what a service is told, as os.Environ gives it.
func environ(s types.ServiceConfig) []string { return s.Environment.ToMapping().Values() }

// isOurs says whether a service runs the program.
func isOurs(s types.ServiceConfig) bool { return s.Image == "nova-streams" }

// Whoever runs `nova` outside finds every server where the defaults look for it, and nobody else can reach it.
func TestPortsAreTheDefaults(t *testing.T) {
	c, d := load(t), config.Default()
	for service, addr := range map[string]string{
		"nova": d.HTTP.Addr, "kafka": d.Kafka.Brokers[0], "clickhouse": d.ClickHouse.Addrs[0], "registry": hostOf(t, d.Registry.URL),
		"redis": hostOf(t, d.Redis.URL), "connect": hostOf(t, d.CDC.ConnectURL),
	} {
		require.Len(t, c.Services[service].Ports, 1, service)
		p := c.Services[service].Ports[0]
		require.Equal(t, addr, net.JoinHostPort(p.HostIP, p.Published), service)
	}
	for name, s := range c.Services {
		for _, p := range s.Ports {
			require.Equal(t, "127.0.0.1", p.HostIP, name)
			require.Equal(t, p.Published, strconv.Itoa(int(p.Target)), name)
		}
	}
}

var pinned = regexp.MustCompile(`^[\w./-]+:v?\d+\.\d+[\w.-]*$`)

// No image is another tomorrow: neither those that run nor those that ours are made from.
func TestImagesArePinned(t *testing.T) {
	built := map[string]bool{}
	for name, s := range load(t).Services {
		if s.Build == nil {
			require.Regexp(t, pinned, s.Image, name)
			continue
		}
		built[s.Build.Dockerfile] = true
	}
	require.Equal(t, map[string]bool{"docker/Dockerfile": true, "docker/connect/Dockerfile": true}, built)
	for file := range built {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		from := regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllSubmatch(text, -1)
		require.Len(t, from, 2, file)
		for _, image := range from {
			if string(image[1]) != "gcr.io/distroless/static-debian12:nonroot" { // has no versions; it holds no program
				require.Regexp(t, pinned, string(image[1]), file)
			}
		}
		for _, copied := range regexp.MustCompile(`(?m)^COPY (docker/\S+)`).FindAllSubmatch(text, -1) {
			found, err := filepath.Glob(filepath.Join("..", string(copied[1])))
			require.NoError(t, err)
			require.NotEmpty(t, found, "%s: %s", file, copied[1])
		}
	}
}

// Every server says whether it works, and nothing starts before what it needs does. The program has no shell to ask with:
// whoever runs it asks /health/ready.
func TestServersSayWhetherTheyWork(t *testing.T) {
	c := load(t)
	for name, s := range c.Services {
		if isOurs(s) {
			require.Nil(t, s.HealthCheck, name)
		} else {
			require.NotNil(t, s.HealthCheck, name)
			require.Greater(t, len(s.HealthCheck.Test), 1, name)
		}
		for dependency, on := range s.DependsOn {
			want := types.ServiceConditionHealthy
			if isOurs(c.Services[dependency]) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			require.Equal(t, want, on.Condition, "%s on %s", name, dependency)
		}
	}
}

// The variables the containers get are settings of the program, and lead to services of the stack.
func TestEnvironmentIsUnderstood(t *testing.T) {
	c := load(t)
	ours := 0
	for name, s := range c.Services {
		if !isOurs(s) {
			continue
		}
		ours++
		e, err := config.Load(config.Sources{Environ: environ(s)})
		require.NoError(t, err, name)
		for _, addr := range []string{
			e.Kafka.Brokers[0], hostOf(t, e.Registry.URL), e.ClickHouse.Addrs[0], hostOf(t, e.Redis.URL), hostOf(t, e.CDC.ConnectURL),
		} {
			host, _, err := net.SplitHostPort(addr)
			require.NoError(t, err)
			require.Contains(t, c.Services, host, name)
		}
		ch := c.Services["clickhouse"]
		require.Equal(t, *ch.Environment["CLICKHOUSE_USER"], e.ClickHouse.User)
		require.Equal(t, *ch.Environment["CLICKHOUSE_PASSWORD"], e.ClickHouse.Password.Reveal())
		require.Contains(t, ch.HealthCheck.Test, "--password="+e.ClickHouse.Password.Reveal())
		require.Contains(t, *c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"], "//"+e.Kafka.Brokers[0]+",")
	}
	require.Equal(t, 4, ours)
	require.Contains(t, *c.Services["kafka"].Environment["KAFKA_ADVERTISED_LISTENERS"], "//"+config.Default().Kafka.Brokers[0])
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
			if v.Type == types.VolumeTypeBind {
				_, err := os.Stat(v.Source)
				require.NoError(t, err, name)
			} else {
				require.Contains(t, c.Volumes, v.Source, name)
			}
		}
	}
	require.Equal(t, 11, mounts)
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
		if !isOurs(s) || s.Command[0] != "run" {
			continue
		}
		serving = append(serving, name)
		_, port, err := net.SplitHostPort(*s.Environment["NOVA_HTTP_ADDR"])
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

func (n *names) Register(c prometheus.Collector) error {
	n.MustRegister(c)
	return nil
}

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

// The rules of Prometheus are about metrics that there are, and the handbook says of each what to do. What they say at which
// numbers is judged by promtool: `make test-rules`.
func TestRulesWatchMetricsThatExist(t *testing.T) {
	var known names
	jobs.NewMetrics(&known)
	cache.NewServerMetrics(&known)
	cache.NewGuardMetrics(&known)
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	text, err := os.ReadFile("prometheus/rules.yml")
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &rules))
	tests, err := os.ReadFile("prometheus/rules_test.yml")
	require.NoError(t, err)
	handbook, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	seen := 0
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			seen++
			metrics := regexp.MustCompile(`\b(?:job|nova)_\w+`).FindAllString(r.Expr, -1)
			require.NotEmpty(t, metrics, r.Expr)
			require.Subset(t, known.seen, metrics)
			require.Contains(t, string(handbook), "`"+r.Expr+"`")
			require.Contains(t, string(tests), "alertname: "+r.Alert)
		}
	}
	require.Equal(t, 6, seen)
}

// The rules are judged by the version of Prometheus that the stack runs: v3.5.0 is v0.305.0 as a module.
func TestRulesAreJudgedByThePrometheusOfTheStack(t *testing.T) {
	version := regexp.MustCompile(`^prom/prometheus:v(\d)\.(\d+)\.(\d+)$`).FindStringSubmatch(load(t).Services["prometheus"].Image)
	require.NotNil(t, version)
	module, err := os.ReadFile("../tools/promtool/go.mod")
	require.NoError(t, err)
	minor, err := strconv.Atoi(version[2])
	require.NoError(t, err)
	require.Contains(t, string(module), fmt.Sprintf("github.com/prometheus/prometheus v0.%s%02d.%s ", version[1], minor, version[3]))
}

// The jobs of the stack hold, one of each kind that readers need.
func TestJobsOfTheStack(t *testing.T) {
	cfg, err := config.Load(config.Sources{File: "nova.yml"})
	require.NoError(t, err)
	kinds := map[string]bool{}
	for _, j := range cfg.Jobs {
		kinds[j.Kind] = true
	}
	require.Equal(t, map[string]bool{jobs.SQLToRedis: true, jobs.TrendingFallback: true, jobs.SuggestionWarmup: true, jobs.ViewFreshness: true}, kinds)
}

// A dashboard names only metrics that there are, and those of the groups are all on one.
func TestDashboardsShowMetricsThatExist(t *testing.T) {
	var known names
	streams.NewMetrics(&known)
	clickhouse.NewMetrics(&known)
	trending.NewMetrics(&known)
	cache.NewMetrics(&known)
	cache.NewPagesMetrics(&known)
	cache.NewServerMetrics(&known)
	cache.NewGuardMetrics(&known)
	applier.NewMetrics(&known)
	consume.NewMetrics(&known)
	jobs.NewMetrics(&known)
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
				used := regexp.MustCompile(`\b(nova|kafka|cache|job)_\w+`).FindAllString(target.Expr, -1)
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
