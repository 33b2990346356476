package process

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// minJava is what all the programs run on.
const minJava = 17

// smallJVM makes a Java process small: little heap, and the compiler that is done first.
var smallJVM = []string{
	"-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:ReservedCodeCacheSize=64m",
	"-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError",
}

// Java returns the command that runs java, a path, in a directory, small, with arguments: options, and what to run.
func Java(ctx context.Context, java, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, java, append(append([]string{}, smallJVM...), args...)...)
	command.Dir = dir
	return command
}

var javaVersion = regexp.MustCompile(`version "(\d+)`)

// FindJava returns the path of a java that is new enough.
func FindJava(ctx context.Context) (string, error) {
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
