package devstack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// chdbVersion is the release of the library, by its npm package: ClickHouse 26.5.
const chdbVersion = "26.5.3"

// chdbPackages are the npm packages that hold the library, by platform.
var chdbPackages = map[string]string{
	"linux/amd64":  "@chdb/lib-linux-x64-gnu",
	"linux/arm64":  "@chdb/lib-linux-arm64-gnu",
	"darwin/amd64": "@chdb/lib-darwin-x64",
	"darwin/arm64": "@chdb/lib-darwin-arm64",
}

// libraryEnv names a library that is already there.
const libraryEnv = "NOVA_CHDB_LIB"

// chdbLibrary returns the path of the library, after installing it into the cache if it is not there. Several processes
// may ask at the same time: one installs, the others wait.
func chdbLibrary(ctx context.Context, cache string, progress func(string)) (string, error) {
	if path := os.Getenv(libraryEnv); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s names no library: %w", libraryEnv, err)
		}
		return path, nil
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	pkg, ok := chdbPackages[platform]
	if !ok {
		return "", fmt.Errorf("there is no chDB library for %s: put a `clickhouse` binary on the PATH", platform)
	}
	parent := filepath.Join(cache, "chdb")
	home := filepath.Join(parent, chdbVersion)
	lib := filepath.Join(home, "node_modules", filepath.FromSlash(pkg), "libchdb.so")
	if exists(lib) {
		return lib, nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", fmt.Errorf("npm is needed to install the chDB library (%s): install Node.js, or put a `clickhouse` binary on the PATH, or set %s", pkg, libraryEnv)
	}
	unlock, err := lockFile(ctx, filepath.Join(parent, "lock"), func() {
		progress("waiting for another process that installs the chDB library")
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(lib) {
		return lib, nil
	}
	if err := installPackage(ctx, npm, pkg+"@"+chdbVersion, parent, home, progress); err != nil {
		return "", fmt.Errorf("installing the chDB library: %w", err)
	}
	if !exists(lib) {
		return "", errors.Join(fmt.Errorf("installing the chDB library: %s %s holds no libchdb.so", pkg, chdbVersion), os.RemoveAll(home))
	}
	return lib, nil
}

// installPackage installs an npm package into a new directory and renames it to home when it is whole. What an earlier
// attempt left behind is removed.
func installPackage(ctx context.Context, npm, pkg, parent, home string, progress func(string)) error {
	const prefix = "partial-"
	old, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return err
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("removing a broken download: %w", err)
		}
	}
	partial, err := os.MkdirTemp(parent, prefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	progress(fmt.Sprintf("downloading the chDB library, once: npm package %s, about 0.5 GB, to %s", pkg, home))
	stop := reportGrowth(partial, progress)
	var said bytes.Buffer
	command := exec.CommandContext(ctx, npm, "install", "--prefix", partial, "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", pkg)
	command.Stdout, command.Stderr = &said, &said
	err = command.Run()
	stop()
	if err != nil {
		return fmt.Errorf("npm install %s: %w: %s", pkg, err, lastLines(said.String(), 3))
	}
	if err := os.RemoveAll(home); err != nil { // it holds no library, or we would not be here
		return err
	}
	return os.Rename(partial, home)
}

// reportGrowth reports every few seconds how much lies in dir, until the returned function is called.
func reportGrowth(dir string, progress func(string)) (stop func()) {
	done, reported := make(chan struct{}), make(chan struct{})
	begin := time.Now()
	go func() {
		defer close(reported)
		ticker := time.NewTicker(3 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				progress(fmt.Sprintf("  … %.0f s, %d MB unpacked", time.Since(begin).Seconds(), size(dir)>>20))
			}
		}
	}()
	return func() { close(done); <-reported }
}

// size adds up the files below dir. Files come and go meanwhile: what cannot be read counts nothing.
func size(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// lastLines returns the last n lines that are not empty, as one.
func lastLines(text string, n int) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
