// Package views looks after the materialized views over post_events: it writes down how each of them stands, in
// materialized_view_metadata and as metrics, and adds to a roll-up what it lacks after the server was killed.
//
//	views.go            which views there are
//	check.go            pure: what the server says of its tables, and what that means for each view
//	keeper.go           asks, checks, writes
//	difference.go       pure: what is to be added to a roll-up, and what cannot be told yet
//	repairer.go         compares with post_events after each start of the server, and adds
//	queries.go queries/ named questions, through the views and over the rows themselves
//
// Guarantee: what stands in the metadata was true when it was checked, by the server's own clock. What a roll-up lacks of
// post_events is there once the sinks have finished the inserts that the server's end cut off and two comparisons have
// found all well; nothing is added twice. Several processes may do all this at the same time.
//
// It creates no views: internal/clickhouse migrates. The inserts of the sink and the server's own refreshes fill them.
package views

import (
	"strings"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// view is a materialized view and what belongs to it.
type view struct {
	name    string
	target  string
	sources []string
	*rollUp // nil for a view that the server refreshes
}

// rollUp is what is special about a target that inserts into post_events keep up to date.
type rollUp struct {
	bucket time.Duration                            // what its rows are counted by
	column string                                   // with the begin of the bucket
	start  string                                   // function of the server that finds it
	keep   func(clickhouse.Retention) time.Duration // 0 for ever
}

// in puts the roll-up's names into a query.
func (v view) in(query string) string {
	return strings.NewReplacer("{target}", v.target, "{bucket}", v.column, "{start}", v.start).Replace(query)
}

var (
	hourly   = &rollUp{time.Hour, "hour", "toStartOfHour", func(r clickhouse.Retention) time.Duration { return r.PostEngagementHourly }}
	minutely = &rollUp{time.Minute, "minute", "toStartOfMinute", func(r clickhouse.Retention) time.Duration { return r.PostEngagementMinutely }}
)

// all are the views that migrations make.
var all = []view{
	{"post_engagement_hourly_mv", "post_engagement_hourly", []string{"post_events"}, hourly},
	{"post_engagement_minutely_mv", "post_engagement_minutely", []string{"post_events"}, minutely},
	{"post_stats_24h_mv", "post_stats_24h", []string{"post_engagement_minutely"}, nil},
	{"user_relationships_agg_mv", "user_relationships_agg", []string{"user_relationships"}, nil},
}
