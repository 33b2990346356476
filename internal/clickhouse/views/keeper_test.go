package views

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

func TestViews_are_those_of_the_server(t *testing.T) {
	t.Parallel()
	s := start(t)
	var want []string
	for _, v := range all {
		want = append(want, `["`+v.name+`"]`)
	}
	require.Equal(t, want, s.lines(`SELECT name FROM system.tables WHERE database = 'nova' AND engine = 'MaterializedView' ORDER BY name`))
	for _, v := range all {
		for _, source := range v.sources {
			require.Equal(t, []string{`[1]`}, s.lines(`SELECT as_select LIKE '%FROM nova.`+source+` %' AND create_table_query LIKE '% TO nova.`+v.target+` %'
				FROM system.tables WHERE database = 'nova' AND name = '`+v.name+`'`), v.name)
		}
	}
}

const readMetadata = `SELECT view_name, target_table, source_tables, refresh_interval, toUInt32(staleness_seconds), toUInt32(rows), error
	FROM materialized_view_metadata ORDER BY view_name`

func TestKeeper_keeps_metadata_true(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *clickhouse.Config) { c.Views.PostStats = time.Hour })
	registry := prometheus.NewRegistry()
	k := NewKeeper(s.client, NewMetrics(registry))
	hour := time.Now().UTC().Truncate(time.Hour)
	s.insert(event{"a", "post_view", hour.Add(-5 * time.Hour)}, event{"a", "post_view", hour.Add(-5*time.Hour + time.Minute)})
	s.refreshed()
	require.NoError(t, k.Check(t.Context()))
	row := k.last[2]
	require.Less(t, time.Since(row.LastRefresh), 10*time.Second)
	require.Less(t, row.StalenessS, uint64(10))
	const mvs = `SELECT view_name, target_table, source_tables, refresh_interval, toUInt32(rows), error FROM materialized_view_metadata ORDER BY view_name`
	require.Equal(t, []string{
		`["post_engagement_hourly_mv","post_engagement_hourly",["post_events"],0,1,""]`,
		`["post_engagement_minutely_mv","post_engagement_minutely",["post_events"],0,2,""]`,
		`["post_stats_24h_mv","post_stats_24h",["post_engagement_minutely"],3600,1,""]`,
		`["user_relationships_agg_mv","user_relationships_agg",["user_relationships"],120,0,""]`,
	}, s.lines(mvs))
	require.InDelta(t, 0, testutil.ToFloat64(k.metrics.staleness.WithLabelValues("post_engagement_hourly_mv")), 0)
	require.InDelta(t, float64(row.DurationMS)/1000, testutil.ToFloat64(k.metrics.duration.WithLabelValues("post_stats_24h_mv")), 0)
	require.Equal(t, 2, testutil.CollectAndCount(k.metrics.duration))

	// A view that gets nothing any more.
	s.exec(`DETACH TABLE post_engagement_hourly_mv`)
	s.insert(event{"a", "post_view", hour.Add(-3 * time.Hour)})
	require.NoError(t, k.Check(t.Context()))
	got := s.lines(readMetadata)
	require.Equal(t, `["post_engagement_hourly_mv","post_engagement_hourly",["post_events"],0,7200,1,"missing: post_engagement_hourly_mv"]`, got[0])
	require.Equal(t, `["post_engagement_minutely_mv","post_engagement_minutely",["post_events"],0,0,3,""]`, got[1])
	require.InDelta(t, 7200, testutil.ToFloat64(k.metrics.staleness.WithLabelValues("post_engagement_hourly_mv")), 0)
	s.exec(`ATTACH TABLE post_engagement_hourly_mv`)

	// Nobody can be asked: the staleness grows.
	k.at = k.at.Add(-time.Hour)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, k.Check(gone), context.Canceled)
	require.InDelta(t, 7200+3600, testutil.ToFloat64(k.metrics.staleness.WithLabelValues("post_engagement_hourly_mv")), 60)
}

func TestKeepers_may_be_many(t *testing.T) {
	t.Parallel()
	s := start(t)
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			k := NewKeeper(s.client, nil)
			for range 20 {
				if err := k.Check(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		got := s.lines(`SELECT count() % 4, uniqExact(view_name) = count() FROM materialized_view_metadata`)
		require.Equal(t, []string{`[0,1]`}, got)
	}
	both.Wait()
	require.Len(t, s.lines(readMetadata), 4)
	require.Equal(t, []string{`[1]`}, s.lines(`SELECT (SELECT min(checked_at) FROM materialized_view_metadata) = (SELECT max(checked_at) FROM materialized_view_checks)`))
}
