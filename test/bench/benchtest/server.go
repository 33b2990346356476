package benchtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Serve is what a worker does that is a server: it says where it listens, and answers until it is told to end. Where PROFILE
// names a folder, it leaves its profiles there, of CPU and of what was allocated, under name.
func Serve(name string, handler http.Handler) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if folder := os.Getenv("PROFILE"); folder != "" {
		file, err := os.Create(filepath.Join(folder, name+".cpu"))
		if err != nil {
			return fmt.Errorf("keeping a profile: %w", err)
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return fmt.Errorf("keeping a profile: %w", err)
		}
		defer pprof.StopCPUProfile()
		allocs, err := os.Create(filepath.Join(folder, name+".allocs"))
		if err != nil {
			return fmt.Errorf("keeping a profile: %w", err)
		}
		defer allocs.Close()
		defer func() { _ = pprof.Lookup("allocs").WriteTo(allocs, 0) }()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}

// Server is a worker that answers HTTP.
type Server struct {
	cmd  *exec.Cmd
	base string
}

// StartServer starts this test binary as the worker that has the work in an environment variable, and in others what it needs.
func StartServer(t *testing.T, variable, work string, others ...string) *Server {
	t.Helper()
	cmd := exec.Command(os.Args[0]) //nolint:noctx // ended below; a context of the test would end it first
	cmd.Env = append(append(os.Environ(), variable+"="+work), others...)
	cmd.Stderr = t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, cmd.Wait())
	})
	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return &Server{cmd, "http://" + strings.TrimSpace(addr)}
}

// Load is what clients ask of a server.
type Load struct {
	Requests    int
	Connections int
	Path        func(n int) string // of the n-th request, from 1
	Token       func(n int) string // nil for none
}

// Answers is what a load took.
type Answers struct {
	CPU   time.Duration   // of the server, user and system
	Waits []time.Duration // of the clients, in no order
	Bytes int64           // of the bodies
}

// Answer has the server answer a load. Any answer but 200 fails the test.
func (s *Server) Answer(t *testing.T, load Load) Answers {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: load.Connections, DisableCompression: true}}
	defer client.CloseIdleConnections()
	done := Answers{Waits: make([]time.Duration, load.Requests)}
	var next, bytes atomic.Int64
	var failed atomic.Pointer[error]
	before := s.cpu(t)
	var all sync.WaitGroup
	for range load.Connections {
		all.Go(func() {
			for {
				n := int(next.Add(1))
				if n > load.Requests || failed.Load() != nil {
					return
				}
				began := time.Now()
				size, err := s.get(client, load, n)
				if err != nil {
					failed.Store(&err)
				}
				done.Waits[n-1] = time.Since(began)
				bytes.Add(size)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		require.NoError(t, *err)
	}
	done.CPU, done.Bytes = s.cpu(t)-before, bytes.Load()
	return done
}

func (s *Server) get(client *http.Client, load Load, n int) (int64, error) {
	request, err := http.NewRequest(http.MethodGet, s.base+load.Path(n), http.NoBody) //nolint:noctx // nobody gives up
	if err != nil {
		return 0, err
	}
	if load.Token != nil {
		request.Header.Set("Authorization", "Bearer "+load.Token(n))
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	size, err := io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d", load.Path(n), answer.StatusCode)
	}
	return size, err
}

// cpu returns the CPU time of the server so far: utime and stime of /proc, in ticks of 10 ms.
func (s *Server) cpu(t *testing.T) time.Duration {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/stat")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	var ticks int
	for _, field := range fields[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(t, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
