package reconcile

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
)

// While ClickHouse is away that is said before anything is waited for, and what Kafka knows is compared.
func TestAway_is_said_at_once(t *testing.T) {
	t.Parallel()
	cfg := clickhouse.DefaultConfig()
	cfg.Addrs = []string{"127.0.0.1:1"}
	client, err := clickhouse.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	b := &broker{looks: map[string][]streams.PartitionStatus{
		"a": {{Committed: 10, End: 10, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 10, Applied: 9, Dead: 1}}}},
		"b": {{Committed: 8, End: 8, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 8, Applied: 8}}}},
		"c": {{Committed: 4, End: 8, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: 4, Applied: 4}}}},
	}}
	flow := threeGroups
	flow.Path = []string{"a", "b", "c"}
	var warned []string
	r := &Reconciler{Config: DefaultConfig(), Flow: flow, Broker: b, Table: NewTable(client), Topics: &madeUp{}, Warn: func(line string) {
		require.Empty(t, b.asked)
		warned = append(warned, line)
	}}
	begin := time.Now()
	report, err := r.Run(t.Context(), noon, func(string) {})
	require.NoError(t, err)
	require.Less(t, time.Since(begin), DefaultConfig().Patience/2, "the sink is not waited for")
	require.Equal(t, []string{"ClickHouse does not answer: inserts, hours, totals and views are not compared (" + report.Away + ")"}, warned)
	require.Contains(t, report.Away, "127.0.0.1:1: connect: connection refused")
	require.False(t, report.Balanced)
	require.Len(t, report.Findings, 1)
	require.Equal(t, BetweenStages, report.Findings[0].Kind)
	require.Equal(t, "a passed on from 9 to 9 records, b saw 8", report.Findings[0].Detail)
	require.Equal(t, []string{"4 records were still on their way to c after 0s: it is not compared with what comes before it"}, report.Notes)

	report.Findings = nil
	var out bytes.Buffer
	require.NoError(t, report.Print(&out, time.Time{}))
	require.Equal(t, `STAGE  IN  APPLIED  DUPLICATE  REPLAY  ABSORBED  SKIPPED  DEAD  LAG
a      10  9        0          0       0         0        1     0
b      8   8        0          0       0         0        0     0
c      4   4        0          0       0         0        0     4

`+warned[0]+`
note: `+report.Notes[0]+`
open: 0 on their way
not compared with ClickHouse
`, out.String())
}

// The job tells what it found all the same, and counts that it could not compare.
func TestJob_without_ClickHouse(t *testing.T) {
	var log testbuffer.Buffer
	registry := prometheus.NewRegistry()
	j := &Job{
		Metrics: NewMetrics(registry), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Publish: func(*Report) { t.Error("published") },
		Compare: func(context.Context, time.Time) (*Report, error) {
			return &Report{At: noon, Settled: true, Away: "nobody there", Findings: []Finding{{Kind: BetweenStages, Partition: -1, First: -1, Rows: 2, Detail: "two are gone"}}}, nil
		},
	}
	require.EqualError(t, j.Run(t.Context()), "comparing: nobody there")
	require.Contains(t, log.String(), "two are gone")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP reconcile_failures_total Comparisons that could not be made: Kafka or ClickHouse did not answer.
# TYPE reconcile_failures_total counter
reconcile_failures_total 1
`), "reconcile_failures_total", "reconcile_difference_rows"))
}
