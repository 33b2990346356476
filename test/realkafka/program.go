package realkafka

import (
	"context"
	_ "embed"
	"os/exec"
	"path/filepath"

	"github.com/nova-social/nova-streams/test/process"
)

//go:embed pom.xml
var pom []byte

// kafka is the release of Apache Kafka that pom.xml names.
var kafka = process.Artifacts{Name: "kafka-4.3.1", Size: "44 MB", POM: pom}

// program is the broker's Java program.
type program struct {
	runtime string // path of java
	jars    string // directory
}

// java returns the command that runs a main class in dir.
func (p program) java(ctx context.Context, dir, class string, args ...string) *exec.Cmd {
	return process.Java(ctx, p.runtime, dir, append([]string{
		"-Dlog4j2.configurationFile=" + loggingName, "-cp", filepath.Join(p.jars, "*"), class,
	}, args...)...)
}

// resolve finds Java and the jars, which it fetches if they are not in the cache.
func resolve(ctx context.Context, log func(...any)) (program, error) {
	runtime, err := process.FindJava(ctx)
	if err != nil {
		return program{}, err
	}
	jars, err := kafka.Fetch(ctx, log)
	return program{runtime, jars}, err
}
