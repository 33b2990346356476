package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestLagTable(t *testing.T) {
	did := schemas.Accounting{In: 1_000_000, Applied: 900_000, Duplicate: 60_000, Replay: 30_000, Absorbed: 9_000, Skipped: 900, Dead: 100}
	lost := schemas.Accounting{In: 9, Applied: 7}
	st := api.Status{
		Groups: []api.Group{
			{Group: "dedup", State: api.Running, Members: 1, Lag: 20, Balanced: true, Partitions: []api.Partition{
				{Partition: 0, Committed: 1_000_000, End: 1_000_020, Lag: 20, Owner: "host-1", Accounting: did, MetadataBytes: 412, MetadataLimit: 4096, State: api.Running, Recovery: &api.Recovery{From: 5, At: 9, To: 9}, Commits: 1234},
				{Partition: 1, Committed: -1, MetadataLimit: 4096},
			}},
			{Group: "scores", State: api.Starting, Partitions: []api.Partition{
				{Partition: 0, Committed: 9, End: 9, Owner: "host-2", Accounting: lost, MetadataBytes: 4000, MetadataLimit: 4096, MetadataAlarm: true, State: api.Recovering, Recovery: &api.Recovery{From: 100, At: 150, To: 300}},
			}},
		},
		Accounting: map[string]schemas.Accounting{"dedup": did, "scores": lost},
	}
	var out bytes.Buffer
	require.NoError(t, lagTable(&out, st))
	const golden = "testdata/lag.golden"
	if *update {
		require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())
}

// The lag is told by the brokers alone: nothing runs, nothing has run.
func TestLag(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	brokers := "--brokers=" + strings.Join(stack.Brokers(), ",")
	_, err := nova(t, "lag", brokers)
	require.ErrorContains(t, err, "no such topic: events: run `nova topics provision` first")
	require.Equal(t, exitFailed, exitCode(err))
	_, err = nova(t, "topics", "provision", brokers, "--set", "kafka.partitions=2")
	require.NoError(t, err)

	out, err := nova(t, "lag", brokers)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^dedup +1 +nobody +never +0 +0 +0 .* yes +0/4096 +- +-$`, out)
	require.Regexp(t, `(?m)^sink-post-events +all +0, stopped +0 `, out)
	out, err = nova(t, "lag", "--json", brokers)
	require.NoError(t, err)
	var st api.Status
	require.NoError(t, json.Unmarshal([]byte(out), &st))
	require.Len(t, st.Groups, strings.Count(out, `"group"`))
	require.True(t, st.Drained)

	ctx, stop := context.WithCancel(t.Context())
	var stdout, stderr testbuffer.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"lag", "--watch=10ms", "--json", brokers}, nil, &stdout, &stderr)
	}()
	require.Eventually(t, func() bool { return strings.Count(stdout.String(), "\n") > 2 }, 10*time.Second, 10*time.Millisecond)
	stop()
	require.NoError(t, <-ended, "to be stopped is the end of a watch")
	require.Empty(t, stderr.String())
}
