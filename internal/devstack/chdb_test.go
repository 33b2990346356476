package devstack

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeNPM puts an npm on the PATH that runs the script after noting its call; $3 is the directory to install into and
// the package's library goes to $lib. It returns a function that counts the calls.
func fakeNPM(t *testing.T, script string) (calls func() int) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	pkg := chdbPackages[runtime.GOOS+"/"+runtime.GOARCH]
	text := fmt.Sprintf("#!/bin/sh\necho \"$@\" >>%s\nlib=\"$3\"/node_modules/%s/libchdb.so\nmkdir -p \"$(dirname \"$lib\")\"\n%s\n", log, pkg, script)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "npm"), []byte(text), 0o755))
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	t.Setenv(libraryEnv, "")
	return func() int {
		data, err := os.ReadFile(log)
		if os.IsNotExist(err) {
			return 0
		}
		require.NoError(t, err)
		return strings.Count(string(data), pkg+"@"+chdbVersion)
	}
}

// lines collects progress from several goroutines.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

// count returns how many lines contain text.
func (l *lines) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func TestLibraryIsInstalledOnceForAll(t *testing.T) {
	calls := fakeNPM(t, `echo half >"$lib"; sleep 0.5; echo whole >"$lib"`)
	cache := t.TempDir()
	var progress lines
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			lib, err := chdbLibrary(t.Context(), cache, progress.add)
			if err != nil {
				t.Error(err)
				return
			}
			if data, err := os.ReadFile(lib); err != nil || string(data) != "whole\n" {
				t.Errorf("%s holds %q, %v", lib, data, err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, calls())
	require.Equal(t, 1, progress.count("downloading the chDB library"))
	require.Equal(t, 4, progress.count("waiting for another process"))

	_, err := chdbLibrary(t.Context(), cache, progress.add)
	require.NoError(t, err)
	require.Equal(t, 1, calls())
}

func TestLibraryIsInstalledAgainAfterABrokenDownload(t *testing.T) {
	cache := t.TempDir()
	fakeNPM(t, `echo half >"$lib"; echo "npm error the network is gone" >&2; exit 1`)
	_, err := chdbLibrary(t.Context(), cache, func(string) {})
	require.ErrorContains(t, err, "the network is gone")

	// Killed in the middle, so that nothing could clean up.
	require.NoError(t, os.MkdirAll(filepath.Join(cache, "chdb", "partial-1", "node_modules"), 0o755))
	calls := fakeNPM(t, `echo whole >"$lib"`)
	lib, err := chdbLibrary(t.Context(), cache, func(string) {})
	require.NoError(t, err)
	require.Equal(t, 1, calls())
	require.FileExists(t, lib)

	// Somebody deleted the library, but not its directory.
	require.NoError(t, os.Remove(lib))
	_, err = chdbLibrary(t.Context(), cache, func(string) {})
	require.NoError(t, err)
	require.Equal(t, 2, calls())
	require.FileExists(t, lib)
	left, err := filepath.Glob(filepath.Join(cache, "chdb", "partial-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestLibraryErrorsSayWhatToDo(t *testing.T) {
	fakeNPM(t, `rm -r "$3"/node_modules; mkdir "$3"/node_modules`)
	_, err := chdbLibrary(t.Context(), t.TempDir(), func(string) {})
	require.ErrorContains(t, err, "holds no libchdb.so")

	t.Setenv("PATH", t.TempDir())
	_, err = chdbLibrary(t.Context(), t.TempDir(), func(string) {})
	require.ErrorContains(t, err, "npm is needed to install the chDB library")
	require.NotContains(t, err.Error(), "\n")

	t.Setenv(libraryEnv, "/nowhere/libchdb.so")
	_, err = chdbLibrary(t.Context(), t.TempDir(), func(string) {})
	require.ErrorContains(t, err, libraryEnv+" names no library: stat /nowhere/libchdb.so")
}

func TestServerIsBuiltOnceForAll(t *testing.T) {
	cache := t.TempDir()
	var progress lines
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			binary, err := chdbServer(t.Context(), cache, progress.add)
			if err != nil {
				t.Error(err)
				return
			}
			if info, err := os.Stat(binary); err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("%s is no program: %v", binary, err)
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, progress.count("building chdb-server"))
}

func TestServerErrorsSayWhatToDo(t *testing.T) {
	t.Run("no source", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := chdbServer(t.Context(), t.TempDir(), func(string) {})
		require.ErrorContains(t, err, "cannot be built: the source is not at or above the working directory")
	})
	t.Run("no go", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := chdbServer(t.Context(), t.TempDir(), func(string) {})
		require.ErrorContains(t, err, "go is not on the PATH")
	})
}

func TestLockFileGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := tryLock(path)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	waited := 0
	_, err = lockFile(ctx, path, func() { waited++ })
	require.ErrorContains(t, err, "waiting for "+path)
	require.Equal(t, 1, waited)
	unlock()
	unlock, err = lockFile(t.Context(), path, func() { waited++ })
	require.NoError(t, err)
	unlock()
	require.Equal(t, 1, waited)
}
