package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A connector counts as running when its tasks do, whatever it says itself.
func TestCDCStatus(t *testing.T) {
	const task = `{"id": 0, "state": "FAILED", "worker_id": "w:8083", "trace": "org.x.ConnectException: stopped\n\tat x\nCaused by: org.y.Gone: no slot\n"}`
	for tasks, want := range map[string][2]string{
		`{"id": 0, "state": "RUNNING", "worker_id": "w:8083"}`: {
			"connector nova: RUNNING on w:8083\ntask 0: RUNNING on w:8083\n", "",
		},
		task: {
			"connector nova: RUNNING on w:8083\ntask 0: FAILED on w:8083: org.x.ConnectException: stopped; the cause is org.y.Gone: no slot\n",
			"connector nova does not run: task 0 is FAILED on w:8083: org.x.ConnectException: stopped; the cause is org.y.Gone: no slot",
		},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "/connectors/nova/status", r.URL.Path)
			fmt.Fprintf(w, `{"name": "nova", "connector": {"state": "RUNNING", "worker_id": "w:8083"}, "tasks": [%s], "type": "source"}`, tasks)
		}))
		out, err := nova(t, "cdc", "status", "--connect="+server.URL)
		server.Close()
		require.Equal(t, want[0], out)
		if want[1] == "" {
			require.NoError(t, err)
			continue
		}
		require.EqualError(t, err, want[1])
		require.Equal(t, exitFailed, exitCode(err))
	}
}

func TestCDC_mistakes(t *testing.T) {
	half := filepath.Join(t.TempDir(), "half.json")
	require.NoError(t, os.WriteFile(half, []byte(`{"name": "x"}`), 0o600))
	for want, args := range map[string][]string{
		`nova cdc has no command "regster"; there are register, status, snapshot`:    {"regster"},
		`--format: a connector writes json or avro, not "xml"`:                       {"register", "--format=xml"},
		`--timeout must be positive, is 0s`:                                          {"register", "--timeout=0s"},
		`nova cdc snapshot takes one table or more, such as posts or public.posts`:   {"snapshot"},
		`connect: ConnectURL must be http://host:port or https://host:port, got "x"`: {"status", "--connect=x"},
	} {
		_, err := nova(t, append([]string{"cdc"}, args...)...)
		require.ErrorContains(t, err, want)
		require.Equal(t, exitUsage, exitCode(err), want)
	}
	for want, args := range map[string][]string{
		`it needs "name" and, in "config", "connector.class"`:                             {"register", "--file=" + half},
		`asking for the status of connector nova: reaching Connect at http://127.0.0.1:1`: {"status", "--connect=http://127.0.0.1:1"},
		`reaching Kafka at 127.0.0.1:1`:                                                   {"register", "--brokers=127.0.0.1:1"},
	} {
		_, err := nova(t, append([]string{"cdc"}, args...)...)
		require.ErrorContains(t, err, want)
		require.Equal(t, exitFailed, exitCode(err), want)
	}
}
