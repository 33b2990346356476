// Package views looks after the materialized views over post_events: it writes down how each of them stands, in
// materialized_view_metadata and as metrics.
//
//	views.go            which views there are
//	check.go            pure: what the server says of its tables, and what that means for each view
//	keeper.go           asks, checks, writes
//	queries.go queries/ named questions, through the views and over the rows themselves
//
// Guarantee: what stands there was true when it was checked, by the server's own clock. Several processes may do it at
// the same time; the latest check is what is shown.
//
// It neither creates views nor fills them: internal/clickhouse migrates, the inserts of the sink and the server's own
// refreshes fill.
package views

import "time"

// view is a materialized view and what belongs to it.
type view struct {
	name    string
	target  string
	sources []string
	bucket  time.Duration // what its rows are counted by, if inserts keep it up to date; 0 if the server refreshes it
}

// all are the views that migrations make.
var all = []view{
	{"post_engagement_hourly_mv", "post_engagement_hourly", []string{"post_events"}, time.Hour},
	{"post_engagement_minutely_mv", "post_engagement_minutely", []string{"post_events"}, time.Minute},
	{"post_stats_24h_mv", "post_stats_24h", []string{"post_engagement_minutely"}, 0},
}
