package e2e

import (
	"cmp"
	"context"
	"path/filepath"
	"testing"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/test/realkafka"
)

// servers are what the program runs on: the embedded stack, of which a real broker takes Kafka's place if one is wanted.
type servers struct {
	*devstack.Stack
	kafka      *realkafka.Cluster // nil: the stack's own
	clickhouse string             // host:port of what stands before ClickHouse; "": nothing
}

// startServers keeps the data in dir, or in one of the test's own if that is "".
func startServers(t *testing.T, dir string) *servers {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	if !realkafka.Wanted() {
		return &servers{Stack: devstacktest.Start(t, devstacktest.DataDir(dir))}
	}
	return &servers{
		Stack: devstacktest.Start(t, devstacktest.DataDir(dir), devstacktest.Without(devstack.Kafka)),
		kafka: realkafka.Start(t, 1, realkafka.Dir(filepath.Join(dir, "realkafka"))),
	}
}

func (s *servers) Brokers() []string {
	if s.kafka == nil {
		return s.Stack.Brokers()
	}
	return s.kafka.Brokers()
}

func (s *servers) ClickHouseAddr() string { return cmp.Or(s.clickhouse, s.Stack.ClickHouseAddr()) }

// Close stops all in order, before the test's end would.
func (s *servers) Close() error {
	if s.kafka != nil {
		s.kafka.Stop(0)
	}
	return s.Stack.Close(context.Background())
}
