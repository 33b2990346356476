package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
)

// TestContract has schemathesis compare the API of the whole program, with data in it, with what /openapi.json says: first
// with ids and cursors of its own invention, then with ids that there are. The same requests are made each time. It asks
// with a service's token, and runs where SCHEMATHESIS names the program: `make test-contract`.
func TestContract(t *testing.T) {
	program := os.Getenv("SCHEMATHESIS")
	if program == "" {
		t.Skip("needs schemathesis: make test-contract")
	}
	s, issue := startWithTokens(t, app.Roles...)
	s.ready()
	header := "Authorization: Bearer " + issue("contract", api.RoleService, "contract")
	rows := s.seed()
	res := s.load(testdata+"events_h0.jsonl.gz", time.Now())
	s.drained(int64(res.Acknowledged))
	post := rows["posts"][0]
	for _, known := range []bool{false, true} {
		name := "schemathesis.toml"
		if known {
			name = "schemathesis-known.toml"
		}
		settings, err := filepath.Abs(name)
		require.NoError(t, err)
		args := []string{"--config-file", settings, "run", "http://" + s.app.Addr() + "/openapi.json", "--seed", "7", "--no-color", "--header", header}
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(os.Environ(), "POST_ID="+post["id"], "USER_ID="+post["user_id"], "NO_COLOR=1")
		cmd.Dir = t.TempDir() // where it keeps what it has found: none of it for the next time
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Logf("%s", strings.Join(lines[max(0, len(lines)-25):], "\n"))
	}
}
