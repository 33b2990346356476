package realstack

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/test/process"
	"github.com/nova-social/nova-streams/test/realkafka"
)

// Stack is the running processes. Its methods fail the test instead of returning errors, so they are for the test's own
// goroutine.
type Stack struct {
	Kafka *realkafka.Cluster // one broker

	tb                         testing.TB
	database, registry, worker *process.Process
	ports                      ports
}

type ports struct{ database, registry, connect int }

// Start starts all processes on free ports of the loopback interface and returns when they are ready. The database has
// its tables, and nothing is captured yet: register one of docker.Connector. They end with the test. Without NOVA_REAL
// the test is skipped.
func Start(tb testing.TB) *Stack {
	tb.Helper()
	if !realkafka.Wanted() {
		tb.Skip("needs a real stack: make test-real")
	}
	programs, err := resolve(tb.Context(), tb.Log)
	require.NoError(tb, err)
	free, err := process.FreePorts(tb.Context(), 3)
	require.NoError(tb, err)
	s := &Stack{tb: tb, ports: ports{free[0], free[1], free[2]}}
	s.Kafka = realkafka.Start(tb, 1)

	dir := tb.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} { // the database runs under another user
		require.NoError(tb, os.Chmod(d, 0o711))
	}
	s.database, err = programs.newDatabase(tb.Context(), filepath.Join(dir, "database"), s.ports.database)
	require.NoError(tb, err)
	s.registry, err = programs.newRegistry(filepath.Join(dir, "registry"), s.ports.registry)
	require.NoError(tb, err)
	s.worker, err = programs.newWorker(filepath.Join(dir, "connect"), s.Kafka.Brokers()[0], s.ports)
	require.NoError(tb, err)
	tb.Cleanup(s.end)
	var started errgroup.Group
	for _, p := range s.processes() {
		started.Go(func() error { return p.Start(tb.Context()) })
	}
	require.NoError(tb, started.Wait())
	require.NoError(tb, createTables(tb.Context(), s.ports.database))
	return s
}

func (s *Stack) processes() []*process.Process {
	return []*process.Process{s.database, s.registry, s.worker}
}

// DatabaseURL returns the address of the application's database, for its owner.
func (s *Stack) DatabaseURL() string { return databaseURL(s.ports.database, databaseName) }

// ConnectURL returns the address of Kafka Connect.
func (s *Stack) ConnectURL() string { return "http://127.0.0.1:" + strconv.Itoa(s.ports.connect) }

// RegistryURL returns the address of the schema registry, for clients of Confluent's.
func (s *Stack) RegistryURL() string { return registryURL(s.ports.registry) + "/apis/ccompat/v7" }

// KillConnect ends Kafka Connect by SIGKILL.
func (s *Stack) KillConnect() {
	s.tb.Helper()
	require.NoError(s.tb, s.worker.Kill())
}

// RestartConnect starts Kafka Connect, which must have ended, and returns when it answers; its connectors start after
// that.
func (s *Stack) RestartConnect() {
	s.tb.Helper()
	require.NoError(s.tb, s.worker.Start(s.tb.Context()))
}

// end ends what runs. A process that ended by itself fails the test.
func (s *Stack) end() {
	for _, p := range s.processes() {
		if !p.Started() {
			continue
		}
		end := p.Kill
		if p == s.database {
			end = p.Stop
		}
		if err := end(); err != nil {
			s.tb.Error(err)
		}
	}
	if !s.tb.Failed() {
		return
	}
	for _, p := range s.processes() {
		s.tb.Logf("%s said:\n%s", p.Name, p.Tail())
		if err := p.Keep(s.tb.ArtifactDir()); err != nil {
			s.tb.Error(err)
		}
	}
}
