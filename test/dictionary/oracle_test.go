package dictionary

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

type rows = []map[string]any

// oracles answer the queries by their headings, from all events; from is 24 hours ago.
var oracles = map[string]func(all []event, from time.Time) rows{
	"Top posts":                        topPosts,
	"The last hours of a post":         postHours,
	"What is liked now":                likedPosts,
	"Who comes back the next day":      retention,
	"From seeing to liking":            funnel,
	"Sessions per device":              sessionsPerDevice,
	"How long sessions last":           sessionLength,
	"How fresh it is":                  freshness,
	"Whether the views can be trusted": trusted,
	"Panel: events a minute by type":   perMinute,
	"Panel: top posts":                 likedPosts,
	"Panel: people and sessions":       panelPeople,
}

func newest(all []event) time.Time {
	return slices.MaxFunc(all, func(a, b event) int { return a.At.Compare(b.At) }).At
}

func since(all []event, from time.Time) (recent []event) {
	for _, e := range all {
		if !e.At.Before(from) {
			recent = append(recent, e)
		}
	}
	return recent
}

type set = map[string]bool

// distinct counts the different values of name by key.
func distinct(all []event, key, name func(event) string) map[string]int {
	sets := map[string]set{}
	for _, e := range all {
		if sets[key(e)] == nil {
			sets[key(e)] = set{}
		}
		sets[key(e)][name(e)] = true
	}
	n := map[string]int{}
	for k, s := range sets {
		n[k] = len(s)
	}
	return n
}

func userOf(e event) string    { return e.User }
func postOf(e event) string    { return e.Post }
func deviceOf(e event) string  { return e.Device }
func sessionOf(e event) string { return e.Session }
func idOf(e event) string      { return e.ID }

// most returns the n keys with the highest counts, then by name.
func most(counts map[string]int, n int) []string {
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return keys[:min(n, len(keys))]
}

func topPosts(all []event, from time.Time) (out rows) {
	recent := since(all, from)
	events, users := distinct(recent, postOf, idOf), distinct(recent, postOf, userOf)
	for _, post := range most(events, 20) {
		out = append(out, map[string]any{"post_id": post, "events": float64(events[post]), "users": float64(users[post])})
	}
	return out
}

func retention(all []event, _ time.Time) (out rows) {
	byDay := map[string]set{}
	for _, e := range all {
		d := e.At.Format(time.DateOnly)
		if byDay[d] == nil {
			byDay[d] = set{}
		}
		byDay[d][e.User] = true
	}
	for _, d := range slices.Sorted(maps.Keys(byDay)) {
		at, _ := time.Parse(time.DateOnly, d)
		back := 0
		for user := range byDay[d] {
			if byDay[at.AddDate(0, 0, 1).Format(time.DateOnly)][user] {
				back++
			}
		}
		out = append(out, map[string]any{"day": d, "users": float64(len(byDay[d])), "came_back": float64(back)})
	}
	return out
}

func funnel(all []event, from time.Time) rows {
	type pair struct{ user, post string }
	viewed, liked := map[pair]time.Time{}, map[pair]bool{}
	recent := since(all, from)
	for _, e := range recent { // in order of time
		p := pair{e.User, e.Post}
		if _, ok := viewed[p]; !ok && e.Type == "post_view" {
			viewed[p] = e.At
		}
	}
	for _, e := range recent {
		p := pair{e.User, e.Post}
		if at, ok := viewed[p]; ok && e.Type == "post_like" && !e.At.Before(at) {
			liked[p] = true
		}
	}
	percent := math.Round(1000*float64(len(liked))/float64(len(viewed))) / 10
	return rows{{"viewed": float64(len(viewed)), "liked": float64(len(liked)), "percent": percent}}
}

func sessionsPerDevice(all []event, from time.Time) (out rows) {
	recent := since(all, from)
	sessions, users := distinct(recent, deviceOf, sessionOf), distinct(recent, deviceOf, userOf)
	for _, d := range most(sessions, len(sessions)) {
		out = append(out, map[string]any{"device": d, "sessions": float64(sessions[d]), "users": float64(users[d])})
	}
	return out
}

func sessionLength(all []event, from time.Time) rows {
	first, last := map[string]time.Time{}, map[string]time.Time{}
	for _, e := range since(all, from) { // in order of time
		if _, ok := first[e.Session]; !ok {
			first[e.Session] = e.At
		}
		last[e.Session] = e.At
	}
	var lengths []int64
	var sum int64
	for s := range first {
		ms := last[s].Sub(first[s]).Milliseconds()
		lengths = append(lengths, ms)
		sum += ms
	}
	slices.Sort(lengths)
	return rows{{
		"sessions": float64(len(lengths)), "mean_ms": float64(sum / int64(len(lengths))),
		"nine_in_ten_ms": float64(lengths[len(lengths)*9/10]), "longest_ms": float64(lengths[len(lengths)-1]),
	}}
}

const milliseconds = "2006-01-02 15:04:05.000"

func freshness(all []event, _ time.Time) rows {
	at := newest(all)
	return rows{{"newest_event": at.Format(milliseconds), "newest_arrival": at.Add(arrival).Format(milliseconds)}}
}

func perMinute(all []event, from time.Time) (out rows) {
	type minute struct{ at, kind string }
	counts := map[minute]int{}
	for _, e := range since(all, from) {
		counts[minute{e.At.Truncate(time.Minute).Format(time.DateTime), e.Type}]++
	}
	for _, m := range slices.SortedFunc(maps.Keys(counts), func(a, b minute) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind)) }) {
		out = append(out, map[string]any{"time": m.at, "event_type": m.kind, "events": float64(counts[m])})
	}
	return out
}

type kinds struct{ views, likes, comments, shares float64 }

// counted counts the kinds of events by key.
func counted(all []event, key func(event) string) map[string]*kinds {
	by := map[string]*kinds{}
	for _, e := range all {
		k := by[key(e)]
		if k == nil {
			k = &kinds{}
			by[key(e)] = k
		}
		switch e.Type {
		case "post_view":
			k.views++
		case "post_like":
			k.likes++
		case "post_comment":
			k.comments++
		case "post_share":
			k.shares++
		}
	}
	return by
}

func (k *kinds) row(name, value string) map[string]any {
	return map[string]any{name: value, "views": k.views, "likes": k.likes, "comments": k.comments, "shares": k.shares}
}

func postHours(all []event, _ time.Time) (out rows) {
	post := most(distinct(all, postOf, idOf), 1)[0]
	of := slices.DeleteFunc(slices.Clone(all), func(e event) bool { return e.Post != post })
	by := counted(of, func(e event) string { return e.At.Truncate(time.Hour).Format(time.DateTime) })
	for _, hour := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[hour].row("hour", hour))
	}
	return out
}

func likedPosts(all []event, from time.Time) (out rows) {
	by := counted(since(all, from), postOf)
	posts := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].likes, by[a].likes), cmp.Compare(a, b))
	})
	for _, p := range posts[:10] {
		out = append(out, by[p].row("post_id", p))
	}
	return out
}

// trusted is how views stand that were checked after the last event.
func trusted([]event, time.Time) (out rows) {
	for _, target := range []string{"post_engagement_hourly", "post_engagement_minutely", "post_stats_24h", "user_relationships_agg"} {
		out = append(out, map[string]any{"view_name": target + "_mv", "target_table": target, "error": "", "stale": 0., "unwatched": 0.})
	}
	return out
}

func panelPeople(all []event, from time.Time) rows {
	recent := since(all, from)
	one := func(event) string { return "" }
	return rows{{"users": float64(distinct(recent, one, userOf)[""]), "sessions": float64(distinct(recent, one, sessionOf)[""])}}
}
