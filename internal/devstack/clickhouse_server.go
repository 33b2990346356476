package devstack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

//go:embed clickhouse_server.xml
var clickHouseConfig string

// stopWithStdin runs the command it is given and stops it with SIGTERM when standard input ends.
//
//go:embed stop_with_stdin.sh
var stopWithStdin string

// startClickHouseServer starts a real server with its HTTP interface at addr and all else inside dir.
func startClickHouseServer(ctx context.Context, program, addr, dir string, log *slog.Logger) (*clickhouse, error) {
	addr, err := freeAddr(ctx, addr)
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var config strings.Builder
	err = template.Must(template.New("").Parse(clickHouseConfig)).Execute(&config, map[string]string{"Host": host, "Port": port, "Dir": dir})
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	path := filepath.Join(dir, "config.xml")
	if err := os.WriteFile(path, []byte(config.String()), 0o644); err != nil {
		return nil, err
	}
	command := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", "-c", stopWithStdin, "sh", program, "server", "--config-file", path)
	command.Dir = dir
	command.Env = append(os.Environ(), "CLICKHOUSE_WATCHDOG_ENABLE=0")
	child, err := startChild(command, log)
	if err != nil {
		return nil, err
	}
	if err := waitForPing(ctx, "http://"+addr+"/ping", child); err != nil {
		return nil, errors.Join(err, child.kill())
	}
	return &clickhouse{addr, child}, nil
}

// freeAddr replaces port 0 by one that is free now.
func freeAddr(ctx context.Context, addr string) (string, error) {
	if !strings.HasSuffix(addr, ":0") {
		return addr, nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// waitForPing waits until the server answers or its process ends.
func waitForPing(ctx context.Context, url string, c *child) error {
	client := &http.Client{Timeout: time.Second}
	defer client.CloseIdleConnections()
	for {
		if pings(ctx, client, url) {
			return nil
		}
		select {
		case <-c.ended:
			return fmt.Errorf("it ended at once (%w): %s", c.err, c.stderr.last())
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", url, context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func pings(ctx context.Context, client *http.Client, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return err == nil && string(body) == "Ok.\n"
}
