package views

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCheck(t *testing.T) {
	const hour = 3600
	now := time.Unix(100*hour+90, 0).UTC()
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	views := []view{
		{"h_mv", "h", []string{"raw"}, hourly},
		{"s_mv", "s", []string{"h"}, nil},
	}
	raw := facts{Name: "raw", Rows: 9, Newest: 100*hour + 59}
	target := facts{Name: "h", Rows: 5, Newest: 100 * hour, Written: 100*hour + 61}
	kept := facts{Name: "h_mv", Engine: "MaterializedView"}
	stats := facts{Name: "s", Rows: 3}
	made := facts{Name: "s_mv", Engine: "MaterializedView", Definition: "… REFRESH EVERY 1 MINUTE 30 SECOND TO s …", Created: 50, Refreshed: 100*hour + 60, TookMS: 7}
	good := []Metadata{
		{View: "h_mv", Target: "h", Sources: []string{"raw"}, LastRefresh: at(100*hour + 61), Rows: 5, CheckedAt: now},
		{View: "s_mv", Target: "s", Sources: []string{"h"}, IntervalS: 90, LastRefresh: at(100*hour + 60), DurationMS: 7, StalenessS: 30, Rows: 3, CheckedAt: now},
	}
	for name, c := range map[string]struct {
		change func(tables []facts)
		want   func(m []Metadata)
	}{
		"all is well": {func([]facts) {}, func([]Metadata) {}},
		"behind": {
			func(f []facts) { f[1].Newest = 97 * hour },
			func(m []Metadata) { m[0].StalenessS = 3 * hour },
		},
		"a refresh failed": {
			func(f []facts) { f[4].Exception = "no room" },
			func(m []Metadata) { m[1].Error = "no room" },
		},
		"never refreshed": {
			func(f []facts) { f[4].Refreshed, f[4].Created = 0, 100*hour+80 },
			func(m []Metadata) { m[1].Error, m[1].LastRefresh, m[1].StalenessS = "never refreshed", at(0), 10 },
		},
		"a view is gone": {
			func(f []facts) { f[2].Name = "other" },
			func(m []Metadata) { m[0].Error = "missing: h_mv" },
		},
		"a table took its name": {
			func(f []facts) { f[2].Engine = "Log" },
			func(m []Metadata) { m[0].Error = "is no materialized view, but a Log" },
		},
		"nothing is there": {
			func(f []facts) {
				for i := range f {
					f[i].Name = "x"
				}
			},
			func(m []Metadata) {
				m[0] = Metadata{View: "h_mv", Target: "h", Sources: []string{"raw"}, LastRefresh: at(0), Error: "missing: h_mv, h, raw", CheckedAt: now}
				m[1] = Metadata{View: "s_mv", Target: "s", Sources: []string{"h"}, LastRefresh: at(0), StalenessS: uint64(now.Unix()), Error: "missing: s_mv, s, h", CheckedAt: now}
			},
		},
	} {
		tables := []facts{raw, target, kept, stats, made}
		want := append([]Metadata(nil), good...)
		c.change(tables)
		for i := range tables {
			tables[i].NowMS = now.UnixMilli()
		}
		c.want(want)
		require.Equal(t, want, check(views, tables), name)
	}
}
