package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// operated is a system that the commands operate.
type operated struct {
	t       *testing.T
	stack   *devstack.Stack
	cfg     config.Config
	cluster []string // flags that name it
	connect string   // URL
	signals int64    // that were read
}

func newOperated(t *testing.T) *operated {
	t.Helper()
	o := &operated{t: t, stack: devstacktest.Start(t), cfg: config.Default()}
	o.cfg.Kafka.Brokers, o.cfg.Kafka.Partitions = o.stack.Brokers(), 2
	o.cluster = []string{"--brokers=" + strings.Join(o.stack.Brokers(), ","), "--set=kafka.partitions=2"}
	text, err := docker.Connector("json")
	require.NoError(t, err)
	connector, err := connect.Parse(text)
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/connectors/nova/config", r.URL.Path)
		require.NoError(t, json.NewEncoder(w).Encode(connector.Config))
	}))
	t.Cleanup(server.Close)
	o.connect = server.URL
	_, err = nova(t, "migrate", "--clickhouse="+o.stack.ClickHouseAddr())
	require.NoError(t, err)
	return o
}

// nova runs a command on the system.
func (o *operated) nova(args ...string) string {
	o.t.Helper()
	args = append(args, o.cluster...)
	if args[0] == "cdc" {
		args = append(args, "--connect="+o.connect)
	}
	out, err := nova(o.t, args...)
	require.NoError(o.t, err)
	return out
}

// drained waits until nothing is behind, as nova lag sees it.
func (o *operated) drained(lag ...string) {
	o.t.Helper()
	require.Eventually(o.t, func() bool {
		var st struct {
			Groups []struct{ Lag int64 }
		}
		require.NoError(o.t, json.Unmarshal([]byte(o.nova(append(lag, "--json")...)), &st))
		behind := int64(0)
		for _, g := range st.Groups {
			behind += g.Lag
		}
		return len(st.Groups) > 0 && behind == 0
	}, time.Minute, 100*time.Millisecond, "not drained")
}

// process runs roles.
type process struct {
	*operated
	addr string
	stop func()
}

// run runs roles until stop is called, and returns when they answer.
func (o *operated) run(roles string) *process {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	var log testbuffer.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{
			"run", "--roles=" + roles, "--instance=" + strings.ReplaceAll(roles, ",", "-"), "--http-addr=127.0.0.1:0", "--registry=" + o.stack.RegistryURL(),
			"--clickhouse=" + o.stack.ClickHouseAddr(), "--set=redis.url=redis://" + o.stack.RedisAddr(),
		}, o.cluster...), nil, io.Discard, &log)
	}()
	p := &process{operated: o, stop: func() {
		cancel()
		require.NoError(o.t, <-ended, "%s", &log)
		require.NotContains(o.t, log.String(), "stage stopped")
	}}
	said := regexp.MustCompile(`msg=running .*http=(\S+)`)
	require.Eventually(o.t, func() bool {
		if found := said.FindStringSubmatch(log.String()); found != nil {
			p.addr = found[1]
		}
		return p.addr != "" && p.status("/health/ready") == http.StatusOK
	}, 30*time.Second, 50*time.Millisecond, "%s", &log)
	return p
}

func (p *process) get(path string) (code int, body []byte) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.addr+path, nil)
	require.NoError(p.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(p.t, err)
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	require.NoError(p.t, err)
	return res.StatusCode, body
}

func (p *process) status(path string) int {
	code, _ := p.get(path)
	return code
}
