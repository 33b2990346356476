package reaction

import (
	"slices"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

// statement is one of a client, or one of the database.
type statement struct {
	fromDatabase bool
	id           string // of a comment; "" for none
	deleted      bool
	position     change.Position
	at           int64
}

// word returns the database's last word on an id among all statements, nil for none.
func word(all []statement, id string) (last *statement) {
	for i, s := range all {
		if !s.fromDatabase || s.id != id {
			continue
		}
		order := 1
		if last != nil {
			order = s.position.Compare(last.position)
		}
		if order > 0 || order == 0 && last.deleted {
			last = &all[i]
		}
	}
	return last
}

// likes counts by the rule, from all statements at once.
func likes(all []statement) int64 {
	if last := word(all, ""); last != nil {
		if last.deleted {
			return 0
		}
		return 1
	}
	return int64(min(len(all), 1))
}

// comments counts by the rule, from all statements at once, where so many ids are kept.
func comments(all []statement, limit int) int64 {
	var ids []string
	for _, s := range all {
		if s.id != "" {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	kept := slices.Compact(ids)
	kept = kept[:min(len(kept), limit)]

	var named, nameless, unnamed, gone int64
	for _, id := range kept {
		last := word(all, id)
		switch {
		case slices.ContainsFunc(all, func(s statement) bool { return !s.fromDatabase && s.id == id }):
			named++
		case last != nil:
			unnamed++
		}
		if last != nil && last.deleted {
			gone++
		}
	}
	for _, s := range all {
		switch {
		case slices.Contains(kept, s.id):
		case !s.fromDatabase:
			nameless++
		case s.deleted:
			gone++
		default:
			unnamed++
		}
	}
	return named + max(nameless, unnamed) - gone
}
