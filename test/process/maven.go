package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Artifacts is something that Maven has.
type Artifacts struct {
	Name   string // with its version; the directory in the cache
	Size   string // about, for people
	POM    []byte // depends on what is wanted and pins maven-dependency-plugin
	Unpack bool   // the dependencies are archives, and what is in them is wanted
}

// Fetch returns the directory that holds the artifacts, which it asks Maven for if they are not in the cache. Several
// processes may ask at the same time: one fetches, the others wait. log is told what takes long.
func (a Artifacts) Fetch(ctx context.Context, log func(...any)) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("looking for the cache directory: %w", err)
	}
	home := filepath.Join(cache, "nova-streams", a.Name)
	if exists(home) {
		return home, nil
	}
	unlock, err := lock(home + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(home) { // by another process meanwhile
		return home, nil
	}
	log("fetching", a.Name, "from Maven, once, about", a.Size+", to", home)
	begin := time.Now()
	if err := a.fetch(ctx, home); err != nil {
		return "", fmt.Errorf("fetching %s: %w", a.Name, err)
	}
	log("fetched it in", time.Since(begin).Round(time.Second))
	return home, nil
}

// fetch copies the artifacts into a new directory and renames it to home when it is whole.
func (a Artifacts) fetch(ctx context.Context, home string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return errors.New("mvn (Maven) is needed and not on the PATH; `make test-real` installs it")
	}
	partial, err := os.MkdirTemp(filepath.Dir(home), "partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	project, files := filepath.Join(partial, "pom.xml"), filepath.Join(partial, "files")
	if err := os.WriteFile(project, a.POM, 0o644); err != nil {
		return err
	}
	goal := "dependency:copy-dependencies"
	if a.Unpack {
		goal = "dependency:unpack-dependencies"
	}
	command := exec.CommandContext(ctx, mvn, "-B", "-q", "-f", project, "-DoutputDirectory="+files, goal)
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("mvn %s: %w: %s", goal, err, said)
	}
	return os.Rename(files, home)
}

// lock waits for the lock of a file, made with its directory if needed. It goes when this process ends.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
