package realkafka

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/nova-social/nova-streams/test/process"
)

// startedLine is logged when the broker has joined and may lead partitions.
var startedLine = []byte("Kafka Server started")

// broker is one broker's directory and, while it runs, its process.
type broker struct {
	process.Process
	program        program
	id             int
	dir            string
	port           int
	controllerPort int
}

func newBroker(p program, id int, dir string, port, controllerPort int) *broker {
	return &broker{
		program: p, id: id, dir: dir, port: port, controllerPort: controllerPort,
		Process: process.Process{
			Name:  fmt.Sprintf("broker %d", id),
			Log:   filepath.Join(dir, "broker.log"),
			New:   func(ctx context.Context) *exec.Cmd { return p.java(ctx, dir, "kafka.Kafka", configName) },
			Ready: func(_ context.Context, said []byte) bool { return bytes.Contains(said, startedLine) },
		},
	}
}
