package reconcile

import (
	"context"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// rollUp is a table of counts per post and hour or minute that a view keeps.
type rollUp struct {
	table  string
	column string // with the begin of the hour or minute
	start  string // function of the server that finds it
	length time.Duration
	keep   func(clickhouse.Retention) time.Duration // 0 for ever
}

var rollUps = []rollUp{
	{"post_engagement_hourly", "hour", "toStartOfHour", time.Hour, func(r clickhouse.Retention) time.Duration { return r.PostEngagementHourly }},
	{"post_engagement_minutely", "minute", "toStartOfMinute", time.Minute, func(r clickhouse.Retention) time.Duration { return r.PostEngagementMinutely }},
}

// in puts the roll-up's names into a query.
func (r rollUp) in(query string) string {
	return strings.NewReplacer("{target}", r.table, "{bucket}", r.column, "{start}", r.start).Replace(query)
}

const (
	maxSuspects = 2000 // hours or minutes that are compared post by post
	maxPlaces   = 1000 // of a view that are looked at once more
	// statsMargin is for what lies between the end of an insert by its part's time, in full seconds, and the moment from
	// which on queries see it.
	statsMargin = 5 * time.Second
)

// Has reports which of some tables there are.
func (t *Table) Has(ctx context.Context, names ...string) (map[string]bool, error) {
	rows, err := clickhouse.Query[struct {
		Name string `ch:"name"`
	}](ctx, t.client, "reconcile_tables", tablesSQL, ch.Named("names", list(names)))
	has := map[string]bool{}
	for _, r := range rows {
		has[r.Name] = true
	}
	return has, err
}

// RollUpSuspects returns the hours or minutes from since on, a full hour, in which a roll-up does not say what all rows
// say, by their begin in Unix seconds, and how many there are in all.
func (t *Table) RollUpSuspects(ctx context.Context, r rollUp, since time.Time) (begins []int64, all int64, err error) {
	rows, err := clickhouse.Query[struct {
		Begin    int64 `ch:"begin"`
		Suspects int64 `ch:"suspects"`
	}](ctx, t.client, "reconcile_suspects", r.in(rollUpSuspectsSQL), ch.Named("since", since.Unix()), ch.Named("limit", maxSuspects))
	for _, row := range rows {
		begins, all = append(begins, row.Begin), row.Suspects
	}
	return begins, all, err
}

// RollUpDiffers finds where a roll-up differs from the rows in some hours or minutes, none before since, given the
// committed offsets of the partitions from 0 on of the topic there is now.
func (t *Table) RollUpDiffers(ctx context.Context, r rollUp, since time.Time, begins []int64, topicID string, committed []int64) (Differing, error) {
	return t.differing(ctx, "reconcile_"+r.table, r.in(rollUpDiffersSQL), ch.Named("since", since.Unix()), ch.Named("begins", list(begins)),
		ch.Named("topic_id", topicID), ch.Named("committed", list(committed)), ch.Named("limit", maxPlaces))
}

// RollUpRows counts the rows of some places of a roll-up.
func (t *Table) RollUpRows(ctx context.Context, r rollUp, since time.Time, places []Said) (map[Spot][]int64, error) {
	return t.now(ctx, "reconcile_rows", r.in(rollUpRowsSQL), ch.Named("since", since.Unix()), ch.Named("begins", begins(places)), ch.Named("posts", posts(places)))
}

// StatsRefreshed returns when post_stats_24h was made, Unix seconds; 0 if it is empty.
func (t *Table) StatsRefreshed(ctx context.Context) (int64, error) {
	row, err := clickhouse.QueryRow[struct {
		Refreshed int64 `ch:"refreshed"`
	}](ctx, t.client, "reconcile_refreshed", statsRefreshedSQL)
	return row.Refreshed, err
}

// HasMinutes reports whether there are counts of minutes from since on.
func (t *Table) HasMinutes(ctx context.Context, since time.Time) (bool, error) {
	row, err := clickhouse.QueryRow[struct {
		Found int64 `ch:"found"`
	}](ctx, t.client, "reconcile_has_minutes", hasMinutesSQL, ch.Named("since", since.UnixMilli()))
	return row.Found > 0, err
}

// StatsDiffer finds where post_stats_24h, made at refreshed, differs from the minutes.
func (t *Table) StatsDiffer(ctx context.Context, refreshed int64) (Differing, error) {
	return t.differing(ctx, "reconcile_stats", statsDifferSQL,
		ch.Named("refreshed", refreshed), ch.Named("margin", int64(statsMargin/time.Second)), ch.Named("limit", maxPlaces))
}

// StatsMinutes sums the minutes of some posts.
func (t *Table) StatsMinutes(ctx context.Context, refreshed int64, places []Said) (map[Spot][]int64, error) {
	return t.now(ctx, "reconcile_minutes", statsMinutesSQL, ch.Named("refreshed", refreshed), ch.Named("posts", posts(places)))
}

func (t *Table) differing(ctx context.Context, name, query string, args ...any) (d Differing, err error) {
	rows, err := clickhouse.Query[struct {
		Begin  int64   `ch:"begin"`
		Post   string  `ch:"post_id"`
		Least  []int64 `ch:"least"`
		Says   []int64 `ch:"says"`
		Most   []int64 `ch:"most"`
		Off    int64   `ch:"off"`
		Places int64   `ch:"places"`
		Total  int64   `ch:"total"`
	}](ctx, t.client, name, query, args...)
	for _, r := range rows {
		d.Some = append(d.Some, Said{Spot{r.Begin, r.Post}, r.Least, r.Says, r.Most})
		d.Places, d.Rows = r.Places, r.Total
	}
	return d, err
}

func (t *Table) now(ctx context.Context, name, query string, args ...any) (map[Spot][]int64, error) {
	rows, err := clickhouse.Query[struct {
		Begin int64   `ch:"begin"`
		Post  string  `ch:"post_id"`
		Most  []int64 `ch:"most"`
	}](ctx, t.client, name, query, args...)
	most := map[Spot][]int64{}
	for _, r := range rows {
		most[Spot{r.Begin, r.Post}] = r.Most
	}
	return most, err
}

func begins(places []Said) ch.ArraySet {
	var all []int64
	for _, s := range places {
		all = append(all, s.Begin)
	}
	slices.Sort(all)
	return list(slices.Compact(all))
}

func posts(places []Said) ch.ArraySet {
	var all []string
	for _, s := range places {
		all = append(all, s.Post)
	}
	slices.Sort(all)
	return list(slices.Compact(all))
}

// list makes an array of a query's.
func list[T any](values []T) ch.ArraySet {
	set := make(ch.ArraySet, len(values))
	for i, v := range values {
		set[i] = v
	}
	return set
}
