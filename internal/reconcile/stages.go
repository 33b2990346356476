package reconcile

import (
	"fmt"
	"strings"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// standing is what a group had done at some moment, and how far behind it was.
type standing struct {
	schemas.Accounting
	lag   int64
	whole bool // accounting covers every offset of the input that is there
}

func standingOf(g streams.GroupStatus) standing {
	s := standing{Accounting: g.Accounting(), lag: g.Lag(), whole: true}
	for _, p := range g.Partitions {
		if p.Meta.Epoch > 0 || max(p.Committed, 0) != p.Meta.Accounting.In {
			s.whole = false
		}
	}
	return s
}

// fresh is how many inputs were not sent before.
func (s standing) fresh() int64 { return s.In - s.Replay }

// unbalanced names the partitions of a group whose inputs are not accounted for.
func unbalanced(g streams.GroupStatus) (findings []Finding) {
	for _, p := range g.Partitions {
		if a := p.Meta.Accounting; !a.Balanced() {
			missing := a.In - (a.Applied + a.Duplicate + a.Replay + a.Absorbed + a.Skipped + a.Dead)
			findings = append(findings, Finding{
				Kind: Unaccounted, Topic: g.Topic, Partition: p.Partition, First: 0, Last: p.Committed - 1, Rows: max(missing, -missing),
				Detail: fmt.Sprintf("of %d inputs of %s, %d are in no column", a.In, g.Group, missing),
			})
		}
	}
	return findings
}

// between compares what the groups From passed on with what the groups To saw. passed is each group at the moment when
// everything that the groups before it had done by theirs had reached it; later is each group after all of these.
func (e Edge) between(passed, later map[string]standing) (findings []Finding, note string) {
	var least, most, seen int64
	for _, g := range e.From {
		least += passed[g].Applied
		most += later[g].Applied + later[g].Absorbed + later[g].lag
	}
	for g, n := range e.More {
		inputs := later[g].Applied + later[g].Absorbed + later[g].lag
		if e.Refused {
			inputs += later[g].Dead
		}
		most += n * inputs
	}
	for _, g := range e.To {
		seen += passed[g].fresh()
	}
	from, to := strings.Join(e.From, "+"), strings.Join(e.To, "+")
	for _, g := range append(e.sources(), e.To...) {
		if !passed[g].whole || !later[g].whole {
			return nil, fmt.Sprintf("%s → %s is not comparable: accounting of %s does not begin with its topic", from, to, g)
		}
	}
	detail := fmt.Sprintf("%s passed on from %d to %d records, %s saw %d", from, least, most, to, seen)
	switch {
	case seen < least:
		return []Finding{{Kind: BetweenStages, Partition: -1, First: -1, Last: -1, Rows: least - seen, Detail: detail}}, ""
	case seen > most:
		return []Finding{{Kind: BetweenStages, Partition: -1, First: -1, Last: -1, Rows: seen - most, Detail: detail}}, ""
	}
	return nil, ""
}
