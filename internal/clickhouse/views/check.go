package views

import (
	"cmp"
	"strings"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// facts are what the server says of one table or view. Times are Unix seconds, 0 for never.
type facts struct {
	Name       string `ch:"name"`
	Engine     string `ch:"engine"`
	Definition string `ch:"definition"`
	Created    uint32 `ch:"created"` // or last altered
	Rows       uint64 `ch:"rows"`
	Newest     uint32 `ch:"newest"`    // latest event time in the table
	Written    uint32 `ch:"written"`   // when its newest part was
	Refreshed  uint32 `ch:"refreshed"` // end of the last refresh that succeeded
	TookMS     uint64 `ch:"took_ms"`   // by that refresh
	Exception  string `ch:"exception"` // of the last refresh
	NowMS      int64  `ch:"now_ms"`    // the server's clock
}

// Metadata is one row of materialized_view_metadata.
type Metadata struct {
	View        string    `ch:"view_name"`
	Target      string    `ch:"target_table"`
	Sources     []string  `ch:"source_tables"`
	IntervalS   uint32    `ch:"refresh_interval"`
	LastRefresh time.Time `ch:"last_refresh"`
	DurationMS  uint64    `ch:"last_duration_ms"`
	StalenessS  uint64    `ch:"staleness_seconds"`
	Rows        uint64    `ch:"rows"`
	Error       string    `ch:"error"`
	CheckedAt   time.Time `ch:"checked_at"`
}

// check says how the views stand.
func check(views []view, tables []facts) []Metadata {
	by := make(map[string]facts, len(tables))
	var now time.Time
	for _, t := range tables {
		by[t.Name], now = t, time.UnixMilli(t.NowMS).UTC()
	}
	rows := make([]Metadata, len(views))
	for i, v := range views {
		rows[i] = Metadata{View: v.name, Target: v.target, Sources: v.sources, Rows: by[v.target].Rows, CheckedAt: now}
		if v.rollUp != nil {
			rows[i].kept(v, by)
		} else {
			rows[i].refreshed(by[v.name])
		}
		rows[i].Error = trouble(v, by)
	}
	return rows
}

// kept is for a view that inserts keep up to date: it has all its source has, or lies behind.
func (m *Metadata) kept(v view, by map[string]facts) {
	var newest int64
	for _, s := range v.sources {
		newest = max(newest, int64(by[s].Newest))
	}
	newest -= newest % int64(v.bucket/time.Second)
	m.StalenessS = uint64(max(newest-int64(by[v.target].Newest), 0))
	m.LastRefresh = time.Unix(int64(by[v.target].Written), 0).UTC()
}

// refreshed is for a view that the server makes anew by the clock.
func (m *Metadata) refreshed(f facts) {
	m.IntervalS = uint32(clickhouse.RefreshEvery(f.Definition) / time.Second)
	m.LastRefresh, m.DurationMS = time.Unix(int64(f.Refreshed), 0).UTC(), f.TookMS
	since := cmp.Or(f.Refreshed, f.Created)
	m.StalenessS = uint64(max(m.CheckedAt.Unix()-int64(since), 0))
}

// trouble says what is wrong with a view; "" if nothing is.
func trouble(v view, by map[string]facts) string {
	var missing []string
	for _, name := range append([]string{v.name, v.target}, v.sources...) {
		if by[name].Name == "" {
			missing = append(missing, name)
		}
	}
	f := by[v.name]
	switch {
	case len(missing) > 0:
		return "missing: " + strings.Join(missing, ", ")
	case f.Engine != "MaterializedView":
		return "is no materialized view, but a " + f.Engine
	case v.rollUp == nil && f.Refreshed == 0 && f.Exception == "":
		return "never refreshed"
	}
	return f.Exception
}
