package config

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nova.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestDefaultsAreValid(t *testing.T) {
	e, err := Load(Sources{})
	require.NoError(t, err)
	require.Equal(t, Default(), e.Config)
	for _, s := range Settings(&e.Config) {
		require.Equal(t, "default", e.Origin(s.Key))
	}
}

func TestLaterSourceWinsValueByValue(t *testing.T) {
	path := write(t, "kafka:\n  brokers: [file:1]\n  partitions: 3\n  client_id: from-file\nwindow:\n  bucket: 5s\nlog:\n  # nothing set\n")
	e, err := Load(Sources{
		File:    path,
		Environ: []string{"HOME=/root", "NOVA_CHDB_LIB=/x.so", "NOVA_KAFKA_BROKERS=env:1, env:2", "NOVA_KAFKA_PARTITIONS=4"},
		Flags:   []Flag{{"--brokers", "kafka.brokers", "old:1"}, {"--brokers", "kafka.brokers", "flag:1"}},
	})
	require.NoError(t, err)
	want := Default()
	want.Kafka.Brokers, want.Kafka.Partitions, want.Kafka.ClientID = []string{"flag:1"}, 4, "from-file"
	want.Window.Bucket = 5 * time.Second
	require.Equal(t, want, e.Config)
	require.Equal(t, "flag --brokers", e.Origin("kafka.brokers"))
	require.Equal(t, "env NOVA_KAFKA_PARTITIONS", e.Origin("kafka.partitions"))
	require.Equal(t, "file "+path, e.Origin("window.bucket"))
	require.Equal(t, "default", e.Origin("window.length"))
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	file := func(text string) Sources { return Sources{File: write(t, text)} }
	env := func(e ...string) Sources { return Sources{Environ: e} }
	for want, src := range map[string]Sources{
		`feed.snapshot_ttl must be at least pages.ttl and pages.jitter (10m30s), is 10m0s`: file("pages: {ttl: 10m}"),
		`kafka.brokes is no setting; did you mean kafka.brokers?`:                          file("kafka: {brokes: x}"),
		`flag --set: nope is no setting; nova config lists them`:                           {Flags: []Flag{{"--set", "nope", "1"}}},
		`kafka is no setting; did you mean`:                                                file("kafka: 7"),
		`environment: NOVA_KAFKA_BROKER is no setting; did you mean NOVA_KAFKA_BROKERS?`:   env("NOVA_KAFKA_BROKER=x"),
		`flag --set: kafka.partition is no setting; did you mean kafka.partitions?`:        {Flags: []Flag{{"--set", "kafka.partition", "1"}}},
		`env NOVA_KAFKA_PARTITIONS: kafka.partitions: "many" is not a whole number`:        env("NOVA_KAFKA_PARTITIONS=many"),
		`kafka.partitions: "1.5" is not a whole number`:                                    file("kafka: {partitions: 1.5}"),
		`kafka.partitions: "4294967296" is not a whole number`:                             file("kafka: {partitions: 4294967296}"),
		`kafka.partitions: is null, must be a whole number`:                                file("kafka: {partitions: }"),
		`window.length: "60" is not a duration such as 30s`:                                file("window: {length: 60}"),
		`http.addr: is a []interface {}, must be text`:                                     file("http: {addr: [a, b]}"),
		`kafka.brokers must name at least one broker`:                                      env("NOVA_KAFKA_BROKERS="),
		`kafka.brokers must be host:port, has "localhost"`:                                 env("NOVA_KAFKA_BROKERS=localhost"),
		`kafka.prefix must be at most 200 letters, digits and . _ -, is "a/b"`:             env("NOVA_KAFKA_PREFIX=a/b"),
		`kafka.prefix must be at most 200`:                                                 env("NOVA_KAFKA_PREFIX=" + strings.Repeat("x", 201)),
		`kafka.partitions must be at least 1, is 0`:                                        env("NOVA_KAFKA_PARTITIONS=0"),
		`kafka.min_insync_replicas must be from 1 to kafka.replication (1), is 2`:          env("NOVA_KAFKA_MIN_INSYNC_REPLICAS=2"),
		`window: length must be a multiple of bucket (7s), is 1h0m0s (section window)`:     env("NOVA_WINDOW_BUCKET=7s"),
		`engagement: Like must not be negative, is -1 (section weights)`:                   env("NOVA_WEIGHTS_LIKE=-1"),
		`streams: Tick must be positive, is 0s (section streams)`:                          env("NOVA_STREAMS_TICK=0s"),
		`streams: Linger must not be negative, is -1ms (section streams)`:                  env("NOVA_STREAMS_LINGER=-1ms"),
		`streams: BackoffMax must be at least BackoffMin (200ms), is 100ms`:                env("NOVA_STREAMS_BACKOFF_MAX=100ms"),
		`streams: DiskCache must not be negative, is -1`:                                   env("NOVA_STREAMS_DISK_CACHE=-1"),
		`streams.disk names "score", which is no group with a table; those are dedup, `:    env("NOVA_STREAMS_DISK=dedup,score"),
		`streams.session_timeout must be from 6s to 30m0s`:                                 env("NOVA_STREAMS_SESSION_TIMEOUT=5s"),
		`sink.session_timeout must be from 6s to 30m0s`:                                    env("NOVA_SINK_SESSION_TIMEOUT=31m"),
		`log.format must be text or json, is "xml"`:                                        env("NOVA_LOG_FORMAT=xml"),
		`no such file or directory`:                                                        {File: "/nowhere/nova.yaml"},
	} {
		_, err := Load(src)
		require.ErrorContains(t, err, want)
	}
}

// Each setting has one environment variable and no two share one.
func TestEnvironmentNamesAreUnambiguous(t *testing.T) {
	c := Default()
	seen := map[string]string{}
	for _, s := range Settings(&c) {
		require.Regexp(t, `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`, s.Key)
		require.Empty(t, seen[s.Env()], s.Env())
		seen[s.Env()] = s.Key
	}
	require.Equal(t, "kafka.min_insync_replicas", seen["NOVA_KAFKA_MIN_INSYNC_REPLICAS"])
	require.Equal(t, "clickhouse.retention.post_events", seen["NOVA_CLICKHOUSE_RETENTION_POST_EVENTS"])
	require.NotContains(t, seen, "NOVA_STREAMS_BROKERS", "the brokers are named once, under kafka")
}

// What `nova config` prints can be loaded again and means the same, and so do environment variables with the same text.
func TestPrintedConfigurationReadsBack(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_KAFKA_BROKERS=a:1,b:2", "NOVA_LOG_LEVEL=warn", "NOVA_KAFKA_CLIENT_ID=true"}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, e.WriteYAML(&out))
	require.Contains(t, out.String(), "brokers: ['a:1', 'b:2'] # env NOVA_KAFKA_BROKERS\n")

	again, err := Load(Sources{File: write(t, out.String())})
	require.NoError(t, err)
	require.Equal(t, e.Config, again.Config)

	var environ []string
	for _, s := range Settings(&e.Config) {
		environ = append(environ, s.Env()+"="+s.Text())
	}
	again, err = Load(Sources{Environ: environ})
	require.NoError(t, err)
	require.Equal(t, e.Config, again.Config)
}

// Every part that names topics or groups is told the prefix.
func TestPrefixReachesEveryPart(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_KAFKA_PREFIX=try.1-"}})
	require.NoError(t, err)
	require.Equal(t, "try.1-events", e.Kafka.Name("events"))
	require.Equal(t, "try.1-", e.StreamsConfig().Prefix)
	require.Equal(t, "try.1-", e.SinkConfig().Prefix)
	for _, s := range Settings(&e.Config) {
		require.False(t, strings.HasSuffix(s.Key, ".prefix") && s.Key != "kafka.prefix", "the prefix is set once, under kafka")
	}
}

// The members of all groups, sinks included, are told apart by the name of their process.
func TestInstanceReachesTheSink(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_KAFKA_CLIENT_ID=ours", "NOVA_STREAMS_INSTANCE=w1"}})
	require.NoError(t, err)
	require.Equal(t, "w1", e.SinkConfig().ClientID)
	require.Equal(t, "ours", e.StreamsConfig().ClientID)
	e.Streams.Instance = ""
	require.Equal(t, "ours", e.SinkConfig().ClientID)
}

func TestRedisPassword(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_REDIS_URL=redis://u:hunter2@host:6379/1"}})
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, e.WriteYAML(&out))
	require.NotContains(t, out.String(), "hunter2")
	require.NotContains(t, fmt.Sprintf("%+v %#v", e.Config, e.Config), "hunter2")
}

func TestPasswordInURLIsNotPrinted(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_REGISTRY_URL=http://user:hunter2@host:8081"}})
	require.NoError(t, err)
	require.Equal(t, "http://user:hunter2@host:8081", e.Registry.URL)
	var out bytes.Buffer
	require.NoError(t, e.WriteYAML(&out))
	require.NotContains(t, out.String(), "hunter2")
	require.Contains(t, out.String(), "http://user:xxxxx@host:8081")
}

func TestSecretIsNotPrintedButUsed(t *testing.T) {
	e, err := Load(Sources{Environ: []string{"NOVA_CLICKHOUSE_PASSWORD=hunter2"}})
	require.NoError(t, err)
	require.Equal(t, "hunter2", e.ClickHouse.Password.Reveal())
	var out bytes.Buffer
	require.NoError(t, e.WriteYAML(&out))
	require.NotContains(t, out.String(), "hunter2")
	require.Contains(t, out.String(), "redacted")
	require.NotContains(t, fmt.Sprintf("%+v", e), "hunter2")
}

func TestNestedSectionsAndTags(t *testing.T) {
	type inner struct {
		HTTPAddr string
		DwellMS  int64
		Copies   int16
		Log      *int
		Skipped  string
	}
	var outer struct {
		Part inner `koanf:"the_part" omit:"Skipped"`
		hide string
	}
	outer.hide = "x"
	var keys []string
	for _, s := range settings("", reflect.ValueOf(&outer).Elem(), nil) {
		keys = append(keys, s.Key)
	}
	require.Equal(t, []string{"the_part.http_addr", "the_part.dwell_ms", "the_part.copies"}, keys)
}

// The distance is a metric and agrees with the plain recursion.
func TestEditDistance(t *testing.T) {
	var naive func(a, b string) int
	naive = func(a, b string) int {
		if a == "" || b == "" {
			return len(a) + len(b)
		}
		change := naive(a[1:], b[1:])
		if a[0] != b[0] {
			change++
		}
		return min(change, naive(a[1:], b)+1, naive(a, b[1:])+1)
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		require.Equal(t, naive(a, b), edits(a, b))
	})
}
