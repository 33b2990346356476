// Package realredis runs a redis-server that keeps nothing on disk, for tests for which miniredis is too slow or too kind. It
// must be on the PATH: what needs it says how to get it.
package realredis

import (
	"context"
	"net"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// Server is a Redis of its own, which ends with the test.
type Server struct {
	t    *testing.T
	addr string
	cmd  *exec.Cmd
}

// Found reports whether there is one to run.
func Found() bool {
	_, err := exec.LookPath("redis-server")
	return err == nil
}

// Start starts a server on a free port of this machine.
func Start(t *testing.T) *Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Server{t: t, addr: listener.Addr().String()}
	require.NoError(t, listener.Close())
	s.start()
	t.Cleanup(s.kill)
	return s
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.addr }

// Again kills the server and starts another, which is empty, in its place.
func (s *Server) Again() {
	s.t.Helper()
	s.kill()
	s.start()
}

// Freeze has the server answer nobody; it goes on to be connected to. Thaw has it go on where it was.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends a Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.cmd.Process.Signal(sig))
}

func (s *Server) start() {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(s.t, err)
	s.cmd = exec.CommandContext(context.Background(), "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", s.t.TempDir())
	s.cmd.Stderr = s.t.Output()
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(s.t, s.cmd.Start())
	client := redis.NewClient(&redis.Options{Addr: s.addr})
	defer client.Close()
	require.Eventually(s.t, func() bool { return client.Ping(s.t.Context()).Err() == nil }, 10*time.Second, 10*time.Millisecond)
}

func (s *Server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // it was killed
}
