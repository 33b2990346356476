package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// nova runs the program to its end.
func nova(t *testing.T, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	err = run(t.Context(), args, nil, &out, io.Discard)
	return out.String(), err
}

func TestMistakesOfUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`nova has no command "dmeo"; there are demo, run,`:                    {"dmeo"},
		`nova topics has no command "lst"; there are provision, list`:         {"topics", "lst"},
		`unknown flag: --brokes`:                                              {"topics", "list", "--brokes", "x"},
		`nova tables get takes 2 arguments (GROUP KEY), got 1`:                {"tables", "get", "scores"},
		`no role is named "sink"`:                                             {"run", "--roles", "sink"},
		`flag --set: kafka.broker is no setting; did you mean kafka.brokers?`: {"config", "--set", "kafka.broker=x"},
		`--set takes KEY=VALUE, got "x"`:                                      {"config", "--set", "x"},
		`kafka.brokers must be host:port, has "x"`:                            {"topics", "list", "--brokers", "x"},
		`--format must be text or mermaid, is "dot"`:                          {"topology", "describe", "--format", "dot"},
		`--rate must not be negative, is -1`:                                  {"load", "events", "x", "--rate", "-1"},
		`--status-every must be positive, is 0s`:                              {"demo", "--status-every", "0s"},
		`--watch must not be negative, is -1s`:                                {"lag", "--watch", "-1s"},
	} {
		_, err := nova(t, args...)
		require.ErrorContains(t, err, want)
		require.Equal(t, exitUsage, exitCode(err), want)
	}
}

func TestExitCodes(t *testing.T) {
	require.Equal(t, 0, exitCode(nil))
	require.Equal(t, exitFailed, exitCode(errors.New("x")))
	require.Equal(t, exitInterrupted, exitCode(fmt.Errorf("reading: %w", context.Canceled)))
	require.Equal(t, "interrupted", oneLine(fmt.Errorf("reading: %w", context.Canceled)))
	require.Equal(t, "a; b", oneLine(errors.Join(errors.New("a"), errors.New("b"))))
}

func TestDescribeIsTheGoldenPrint(t *testing.T) {
	for format, file := range map[string]string{"text": "topology.golden", "mermaid": "topology.mmd"} {
		want, err := os.ReadFile(filepath.Join("../../topology/testdata", file))
		require.NoError(t, err)
		out, err := nova(t, "topology", "describe", "--format", format)
		require.NoError(t, err)
		require.Equal(t, string(want), out)
	}
}

func TestConfigShowsOriginsAndNoSecrets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nova.yaml")
	require.NoError(t, os.WriteFile(file, []byte("kafka: {partitions: 3}\n"), 0o600))
	var out, errs bytes.Buffer
	err := run(t.Context(), []string{"config", "--config", file, "--set", "window.bucket=10s"}, []string{"NOVA_CLICKHOUSE_PASSWORD=hunter2"}, &out, &errs)
	require.NoError(t, err)
	require.Contains(t, out.String(), "partitions: 3 # file "+file+"\n")
	require.Contains(t, out.String(), "bucket: 10s # flag --set\n")
	require.Contains(t, out.String(), "password: '[redacted]' # env NOVA_CLICKHOUSE_PASSWORD\n")
	require.NotContains(t, out.String()+errs.String(), "hunter2")
}

func TestVersion(t *testing.T) {
	out, err := nova(t, "version")
	require.NoError(t, err)
	require.Regexp(t, `^nova unknown \(go1\.\S+, \w+/\w+\)\n$`, out)
}

func TestNobodyAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	for _, args := range [][]string{{"topics", "list"}, {"lag"}, {"tables", "get", "scores", "x"}, {"dlq", "list"}, {"load", "events", "x"}} {
		_, err := nova(t, append(args, "--brokers", l.Addr().String())...)
		require.ErrorContains(t, err, "reaching Kafka at "+l.Addr().String())
		require.Equal(t, exitFailed, exitCode(err))
	}
}

// A working day of an operator, all by the command line: provision, load, run, look at a row and at what was refused.
// The cluster is shared with others: every name in it has a prefix.
func TestOperate(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Without(devstack.ClickHouse))
	brokers, prefix := "--brokers="+strings.Join(stack.Brokers(), ","), "--set=kafka.prefix=try-"
	registry := "--registry=" + stack.RegistryURL()

	_, err := nova(t, "load", "events", "x", brokers, prefix)
	require.ErrorContains(t, err, "topic try-events does not exist: run `nova topics provision` first")
	out, err := nova(t, "topics", "list", brokers, prefix)
	require.NoError(t, err)
	require.Equal(t, len(topology.Topics()), strings.Count(out, "missing"))
	out, err = nova(t, "topics", "provision", brokers, prefix, "--set", "kafka.partitions=3")
	require.NoError(t, err)
	for _, topic := range topology.Topics() {
		require.Contains(t, out, "created try-"+topic.Name+"\n")
	}
	_, err = nova(t, "topics", "provision", brokers, prefix, "--set", "kafka.partitions=4")
	require.ErrorContains(t, err, "try-events has 3 partitions, wants 4")

	file := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(`{"event_id":"a","ts":1000,"user_id":"u","post_id":"p","action":"share"}
{"event_id":"b","ts":2000,"user_id":"u","post_id":"p","action":"comment"}
{"event_id":"a","ts":1000,"user_id":"u","post_id":"p","action":"share"}
`), 0o600))
	out, err = nova(t, "load", "events", file, "--shift-to-now", brokers, prefix)
	require.NoError(t, err)
	require.Regexp(t, `^3 events acknowledged in \S+ \(\d+/s\), 0 bad lines left out\n$`, out)
	poison(t, stack.Brokers(), "no event at all")

	ctx, stop := context.WithCancel(t.Context())
	var stdout, stderr testbuffer.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"run", "--roles=processors", "--http-addr=127.0.0.1:0", brokers, prefix, registry, "--set", "kafka.partitions=3"}, nil, &stdout, &stderr)
	}()
	var found struct {
		Row struct {
			Lifetime map[string]int64 `json:"lifetime"`
			Buckets  []json.RawMessage
		} `json:"row"`
	}
	require.Eventually(t, func() bool {
		out, err := nova(t, "tables", "get", "scores", "p", brokers, prefix)
		return err == nil && json.Unmarshal([]byte(out), &found) == nil && found.Row.Lifetime["comments"] == 1
	}, 20*time.Second, 100*time.Millisecond, "%s", &stderr)
	require.Equal(t, map[string]int64{"views": 0, "impressions": 0, "likes": 0, "comments": 1, "shares": 1}, found.Row.Lifetime)
	require.NotEmpty(t, found.Row.Buckets)
	require.Eventually(t, func() bool {
		out, err = nova(t, "tables", "get", "sessions", "u", brokers, prefix)
		return err == nil
	}, 20*time.Second, 100*time.Millisecond)
	require.Contains(t, out, `"id": "`+schemas.DeriveSessionID("u", "a").String()+`"`)

	require.Eventually(t, func() bool {
		out, err = nova(t, "dlq", "list", brokers, prefix, registry)
		return err == nil && out != ""
	}, 20*time.Second, 100*time.Millisecond)
	require.Equal(t, 1, strings.Count(out, "\n"))
	require.Contains(t, out, "dedup")
	require.Contains(t, out, "not_a_format")
	out, err = nova(t, "dlq", "show", strings.Fields(out)[0], brokers, prefix, registry)
	require.NoError(t, err)
	require.Contains(t, out, "value:    15 bytes\nno event at all\n")
	_, err = nova(t, "dlq", "show", "try-events/0/999999", brokers, prefix, registry)
	require.ErrorContains(t, err, "try-events/0/999999")

	begin := time.Now()
	stop()
	require.NoError(t, <-ended, "a stopped program has drained and ends without an error")
	require.Less(t, time.Since(begin), 10*time.Second)
}

// poison writes a record that is no event.
func poison(t *testing.T, brokers []string, value string) {
	t.Helper()
	p, err := sarama.NewSyncProducer(brokers, kafka.NewConfig("test"))
	require.NoError(t, err)
	_, _, err = p.SendMessage(&sarama.ProducerMessage{Topic: "try-" + string(topology.Events), Key: sarama.StringEncoder("u:p"), Value: sarama.StringEncoder(value)})
	require.NoError(t, err)
	require.NoError(t, p.Close())
}

// Machines read the log as JSON, in which a duration has its unit.
func TestLog_of_machines(t *testing.T) {
	var out bytes.Buffer
	p := program{stderr: &out}
	p.logger(config.Log{Format: "json"}).Info("answered", "took", 1500*time.Millisecond, "request_id", "r")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, []any{"INFO", "answered", "1.5s", "r"}, []any{line["level"], line["msg"], line["took"], line["request_id"]})
}
