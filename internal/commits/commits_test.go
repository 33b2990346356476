package commits_test

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
)

func TestMetrics_of_one_registry_are_one(t *testing.T) {
	registry := prometheus.NewRegistry()
	processor, sink := commits.NewMetrics(registry).Group("dedup"), commits.NewMetrics(registry).Group("sink-post-events")
	processor.Answered(nil)
	processor.Answered(commits.ErrFailed)
	processor.Unanswered(3)
	sink.Answered(nil)
	sink.Answered(nil)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
		# HELP kafka_offset_commits_total Offsets of partitions sent to the coordinator, by result: accepted, refused, or failed without an answer.
		# TYPE kafka_offset_commits_total counter
		kafka_offset_commits_total{group="dedup",result="accepted"} 1
		kafka_offset_commits_total{group="dedup",result="failed"} 3
		kafka_offset_commits_total{group="dedup",result="refused"} 1
		kafka_offset_commits_total{group="sink-post-events",result="accepted"} 2
		kafka_offset_commits_total{group="sink-post-events",result="failed"} 0
		kafka_offset_commits_total{group="sink-post-events",result="refused"} 0
	`)))
	var none *commits.Metrics
	none.Group("dedup").Answered(nil)
}
