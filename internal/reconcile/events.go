package reconcile

import (
	"fmt"
	"sort"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Slot counts the rows of a stretch of offsets of `events`.
type Slot struct {
	Rows     int64
	Distinct int64 // offsets among them
}

// Log is one partition of `events` up to a cut: everything before it has arrived wherever it goes.
type Log struct {
	Partition  int32
	Start      int64              // offset of the first record the log still holds
	Cut        int64              // offset behind the last record that counts
	Bounds     []int64            // offset of the first record of each hour, or of one after it
	Accounting schemas.Accounting // of `dedup`, up to the cut
	Again      bool               // the topic was created again: older rows name offsets of another
}

// slot returns the stretch an offset lies in: 0 is before the first hour, n is hour n-1. Of hours that begin with the same
// offset the last has it.
func (l *Log) slot(offset int64) int {
	return sort.Search(len(l.Bounds), func(i int) bool { return l.Bounds[i] > offset })
}

// holds reports whether the log still has everything the hour brought, and nothing of the same name came before.
func (l *Log) holds(hour int) bool { return l.Bounds[hour] > l.Start || l.Start == 0 && !l.Again }

// in is how many records the hour brought.
func (l *Log) in(hour int) int64 {
	end := l.Cut
	if hour+1 < len(l.Bounds) {
		end = min(end, l.Bounds[hour+1])
	}
	return max(end-l.Bounds[hour], 0)
}

// hours compares the hours of a partition. rows and dead are by slot. From the first hour on that can be compared, and
// does not lie before floor, all are given.
func (l *Log) hours(hours []time.Time, floor time.Time, rows map[int]Slot, dead map[int]int64) (out []Hour, findings []Finding) {
	for i, hour := range hours {
		if hour.Before(floor) || !l.holds(i) {
			continue
		}
		s, in := rows[i+1], l.in(i)
		h := Hour{Hour: hour, Partition: l.Partition, In: in, Rows: s.Rows, Dead: dead[i+1], Repeats: in - s.Rows - dead[i+1]}
		if h.In != 0 || h.Rows != 0 || h.Dead != 0 {
			out = append(out, h)
		}
		find := func(n int64, detail string) {
			findings = append(findings, Finding{
				Kind: DuplicateEvent, Partition: l.Partition, First: l.Bounds[i], Last: l.Bounds[i] + in - 1, Rows: n,
				From: hour, To: hour.Add(time.Hour), Detail: detail,
			})
		}
		if twice := s.Rows - s.Distinct; twice > 0 {
			find(twice, fmt.Sprintf("%d rows of %d events", s.Rows, s.Distinct))
		} else if h.Repeats < 0 {
			find(-h.Repeats, fmt.Sprintf("%d records came, %d rows and %d dead letters are there", in, s.Rows, h.Dead))
		}
	}
	return out, findings
}

// total compares all rows and, if they go back to the first, all letters of a partition with the accounting. What was
// absorbed is not known to have been applied, so it may be either.
func (l *Log) total(rows, letters int64, allLetters bool) (Total, []Finding) {
	a := l.Accounting
	t := Total{Partition: l.Partition, Cut: l.Cut, Rows: rows, Letters: letters, Compared: true, Accounting: a}
	var findings []Finding
	find := func(kind Kind, n int64, detail string) {
		if n > 0 {
			findings = append(findings, Finding{Kind: kind, Partition: l.Partition, First: 0, Last: l.Cut - 1, Rows: n, Detail: detail})
		}
	}
	applied := fmt.Sprintf("%d events were applied, %d rows are there", a.Applied, rows)
	find(LostEvents, a.Applied-rows, applied)
	find(DuplicateEvent, rows-a.Applied-a.Absorbed, applied)
	if allLetters {
		find(LostLetters, a.Dead-letters, fmt.Sprintf("%d records were refused, %d have a dead letter", a.Dead, letters))
	}
	return t, findings
}
