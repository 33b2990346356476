package graph

import (
	"cmp"
	"slices"
	"strings"
)

// plain is how one would write it down at first: sets of ids, a map of counts, a sort. It does not say through whom.
type plain map[string]map[string]struct{}

func (p plain) set(follower, followee string) {
	if p[follower] == nil {
		p[follower] = map[string]struct{}{}
	}
	p[follower][followee] = struct{}{}
}

type counted struct {
	user  string
	count int
}

func (p plain) suggest(reader string, limit int) []counted {
	counts := map[string]int{}
	for f := range p[reader] {
		for w := range p[f] {
			if _, follows := p[reader][w]; !follows && w != reader {
				counts[w]++
			}
		}
	}
	all := make([]counted, 0, len(counts))
	for user, n := range counts {
		all = append(all, counted{user, n})
	}
	slices.SortFunc(all, func(a, b counted) int { return cmp.Or(b.count-a.count, strings.Compare(a.user, b.user)) })
	return all[:min(limit, len(all))]
}
