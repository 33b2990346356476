package reconcile

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/testbuffer"
)

func TestJob_tells_what_it_finds(t *testing.T) {
	balanced := &Report{At: noon, Balanced: true, Settled: true, Open: 3}
	lost := &Report{At: noon.Add(time.Hour), Settled: true, Findings: []Finding{
		{Kind: LostRows, Topic: "enriched-events", Partition: 2, First: 7, Last: 7, Rows: 1, Exact: true, From: noon, To: noon, Detail: "49 of 50 rows are there"},
	}}
	answers := []*Report{balanced, nil, lost, balanced, lost, nil}
	var published []*Report
	var log testbuffer.Buffer
	registry := prometheus.NewRegistry()
	j := &Job{
		Metrics: NewMetrics(registry), Log: slog.New(slog.NewTextHandler(&log, nil)),
		Publish: func(r *Report) { published = append(published, r) },
		Compare: func(context.Context, time.Time) (*Report, error) {
			r := answers[0]
			answers = answers[1:]
			if r == nil {
				return nil, errors.New("nobody answers")
			}
			return r, nil
		},
	}
	require.NoError(t, j.Run(t.Context()))
	require.EqualError(t, j.Run(t.Context()), "comparing: nobody answers")
	require.NoError(t, j.Run(t.Context()), "a difference is no failure of the job")
	require.Equal(t, []*Report{balanced, lost}, published)
	told := log.String()
	require.Contains(t, told, "enriched-events/2, offsets 7..7, appended 2026-11-28T12:00:00Z to 2026-11-28T12:00:00Z: 49 of 50 rows are there")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP reconcile_difference_rows Rows too few or too many that the last comparison found, by kind; anything but 0 is a fault.
# TYPE reconcile_difference_rows gauge
reconcile_difference_rows{kind="between_stages"} 0
reconcile_difference_rows{kind="doubled_insert"} 0
reconcile_difference_rows{kind="duplicate_events"} 0
reconcile_difference_rows{kind="duplicate_rows"} 0
reconcile_difference_rows{kind="lost_events"} 0
reconcile_difference_rows{kind="lost_insert"} 0
reconcile_difference_rows{kind="lost_letters"} 0
reconcile_difference_rows{kind="lost_rows"} 1
reconcile_difference_rows{kind="stray_rows"} 0
reconcile_difference_rows{kind="unaccounted"} 0
reconcile_difference_rows{kind="view"} 0
# HELP reconcile_failures_total Comparisons that could not be made: Kafka or ClickHouse did not answer.
# TYPE reconcile_failures_total counter
reconcile_failures_total 1
# HELP reconcile_last_success_timestamp_seconds When everything was last compared and balanced; 0 before.
# TYPE reconcile_last_success_timestamp_seconds gauge
reconcile_last_success_timestamp_seconds 1.7958672e+09
`), "reconcile_difference_rows", "reconcile_failures_total", "reconcile_last_success_timestamp_seconds"))

	require.NoError(t, j.Check(t.Context()))
	require.EqualError(t, j.Check(t.Context()), "1 differences, the first: lost_rows, 1 rows: "+lost.Findings[0].String())
	require.EqualError(t, j.Check(t.Context()), "comparing: nobody answers")
	require.Equal(t, []*Report{balanced, lost, balanced, lost}, published)
}

// A comparison that the end of the program breaks off says nothing: it is neither published nor counted.
func TestJob_that_is_ended_tells_nothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	registry := prometheus.NewRegistry()
	j := &Job{
		Metrics: NewMetrics(registry), Log: slog.New(slog.DiscardHandler),
		Publish: func(*Report) { t.Error("published") },
		Compare: func(ctx context.Context, _ time.Time) (*Report, error) { cancel(); return nil, ctx.Err() },
	}
	require.ErrorIs(t, j.Run(ctx), context.Canceled)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP reconcile_failures_total Comparisons that could not be made: Kafka or ClickHouse did not answer.
# TYPE reconcile_failures_total counter
reconcile_failures_total 0
`), "reconcile_failures_total"))
}

func TestPrint_is_for_people(t *testing.T) {
	t.Parallel()
	r := &Report{
		At: noon, Since: noon, Settled: true, Open: 2, Views: []string{"hourly: compared", "daily: skipped"}, Notes: []string{"something"},
		Stages:  []Stage{{Group: "dedup", Lag: 1, Accounting: account(8, 2, 1)}},
		Inserts: []Inserts{{Inserts: 2, Rows: 5}, {Inserts: 1, Rows: 3}},
		Hours:   []Hour{{noon, 0, 5, 4, 0, 1}, {noon, 1, 6, 4, 1, 1}},
		Findings: []Finding{{
			Kind: LostInsert, Topic: "enriched-events", Partition: 1, First: 3, Last: 9, Rows: 4, From: noon, Detail: "gone",
		}},
	}
	var out strings.Builder
	require.NoError(t, r.Print(&out, time.Time{}))
	require.Equal(t, `STAGE  IN  APPLIED  DUPLICATE  REPLAY  ABSORBED  SKIPPED  DEAD  LAG
dedup  11  8        2          0       0         0        1     1

HOUR                  PARTITION  IN  ROWS  DEAD  REPEATS
2026-11-28T12:00:00Z  all        11  8     1     2

3 inserts with 8 rows looked at one by one, since 2026-11-28T12:00:00Z
view: hourly: compared
view: daily: skipped
note: something
lost_insert: 4: enriched-events/1, offsets 3..9 (within), appended 2026-11-28T12:00:00Z: gone
open: 2 on their way
NOT BALANCED: 1 differences
`, out.String())
	out.Reset()
	r.Balanced, r.Findings = true, nil
	require.NoError(t, r.Print(&out, noon))
	require.Contains(t, out.String(), "2026-11-28T12:00:00Z  1          6   4     1     1\n")
	require.True(t, strings.HasSuffix(out.String(), "\nbalanced\n"))
}
