package devstack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const modulePath = "github.com/nova-social/nova-streams"

// chdbServer returns the path of the chdb-server binary: the one beside this program, else one built from the source
// the working directory lies in, kept in the cache under a name that changes with the source.
func chdbServer(ctx context.Context, cache string, progress func(string)) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("looking for chdb-server: %w", err)
	}
	if beside := filepath.Join(filepath.Dir(self), "chdb-server"); exists(beside) {
		return beside, nil
	}
	module, err := moduleDir()
	if err != nil {
		return "", fmt.Errorf("chdb-server is not beside %s and cannot be built: %w", self, err)
	}
	name, err := buildName(module)
	if err != nil {
		return "", fmt.Errorf("reading the source of chdb-server: %w", err)
	}
	binary := filepath.Join(cache, "bin", name)
	if exists(binary) {
		return binary, nil
	}
	goTool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("chdb-server is not beside %s and cannot be built: go is not on the PATH", self)
	}
	unlock, err := lockFile(ctx, filepath.Join(cache, "bin", "lock"), func() {
		progress("waiting for another process that builds chdb-server")
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(binary) {
		return binary, nil
	}
	progress("building chdb-server")
	partial := binary + ".partial"
	build := exec.CommandContext(ctx, goTool, "build", "-o", partial, "./cmd/chdb-server")
	build.Dir = module
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building chdb-server: %w: %s", err, lastLines(string(out), 3))
	}
	if err := os.Rename(partial, binary); err != nil {
		return "", fmt.Errorf("building chdb-server: %w", err)
	}
	return binary, nil
}

// buildName names the binary after all that goes into it: its source, the versions of the modules, the toolchain.
func buildName(module string) (string, error) {
	sources, err := filepath.Glob(filepath.Join(module, "cmd", "chdb-server", "*.go"))
	if err != nil {
		return "", err
	}
	if len(sources) == 0 {
		return "", errors.New("there is none")
	}
	sources = slices.DeleteFunc(sources, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version())
	for _, path := range append(sources, filepath.Join(module, "go.mod")) {
		data, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		fmt.Fprintln(sum, filepath.Base(path), len(data))
		sum.Write(data)
	}
	return fmt.Sprintf("chdb-server-%x", sum.Sum(nil)[:8]), nil
}

// moduleDir returns the directory of this project's source at or above the working directory.
func moduleDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("looking for the source: %w", err)
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), "module "+modulePath+"\n") {
			return dir, nil
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return "", errors.New("the source is not at or above the working directory")
	}
}
