package realkafka

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

//go:embed pom.xml
var pom []byte

// fetch copies the jars into a new directory and renames it to home when it is whole.
func fetch(ctx context.Context, home string) error {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return errors.New("mvn (Maven) is needed and not on the PATH; `make test-real` installs it")
	}
	partial, err := os.MkdirTemp(filepath.Dir(home), "kafka-partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	project, jars := filepath.Join(partial, "pom.xml"), filepath.Join(partial, "jars")
	if err := os.WriteFile(project, pom, 0o644); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, mvn, "-B", "-q", "-f", project, "-Dkafka.version="+version, "-DoutputDirectory="+jars, "dependency:copy-dependencies")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("mvn dependency:copy-dependencies: %w: %s", err, said)
	}
	return os.Rename(jars, home)
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
