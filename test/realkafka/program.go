package realkafka

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// version is the release of Apache Kafka.
const version = "4.3.1"

// minJava is what this release needs.
const minJava = 17

// program is the broker's Java program.
type program struct {
	runtime string // path of java
	jars    string // directory
}

// java returns the command that runs a main class in dir, with a small heap and the compiler that is done first. The
// process dies with this one.
func (p program) java(ctx context.Context, dir, class string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, p.runtime, append([]string{
		"-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:ReservedCodeCacheSize=64m",
		"-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
		"-Dlog4j2.configurationFile=" + loggingName,
		"-cp", filepath.Join(p.jars, "*"), class,
	}, args...)...)
	command.Dir = dir
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return command
}

// resolve finds Java and the jars, which it fetches if they are not in the cache. Several processes may ask at the same
// time: one fetches, the others wait. log is told what takes long.
func resolve(ctx context.Context, log func(...any)) (program, error) {
	runtime, err := findJava(ctx)
	if err != nil {
		return program{}, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return program{}, fmt.Errorf("looking for the cache directory: %w", err)
	}
	p := program{runtime, filepath.Join(cache, "nova-streams", "kafka-"+version)}
	if exists(p.jars) {
		return p, nil
	}
	unlock, err := lock(p.jars + ".lock")
	if err != nil {
		return program{}, err
	}
	defer unlock()
	if exists(p.jars) { // by another process meanwhile
		return p, nil
	}
	log("fetching Apache Kafka "+version+" from Maven, once, about 44 MB, to", p.jars)
	begin := time.Now()
	if err := fetch(ctx, p.jars); err != nil {
		return program{}, fmt.Errorf("fetching Apache Kafka %s: %w", version, err)
	}
	log("fetched it in", time.Since(begin).Round(time.Second))
	return p, nil
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// findJava returns the path of a java that is new enough.
func findJava(ctx context.Context) (string, error) {
	path, err := exec.LookPath("java")
	if err != nil {
		return "", fmt.Errorf("java (%d or later) is needed and not on the PATH; `make test-real` installs it", minJava)
	}
	said, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("asking %s for its version: %w: %s", path, err, said)
	}
	found := javaVersion.FindSubmatch(said)
	if found == nil {
		return "", fmt.Errorf("asking %s for its version: it said %q", path, said)
	}
	if n, err := strconv.Atoi(string(found[1])); err != nil || n < minJava {
		return "", fmt.Errorf("java %d or later is needed, %s is version %s", minJava, path, found[1])
	}
	return path, nil
}
