package reconcile

import (
	"fmt"
	"slices"
	"time"
)

// maxLook is how many offsets around a finding are looked at, and maxFindings how many findings are looked into: what is
// beyond stays named by its range.
const (
	maxLook     = 2_000_000
	maxFindings = 100
)

// worthLooking reports whether offsets can be named better than by a range.
func (f *Finding) worthLooking() bool {
	return f.topicID != "" && f.lookFrom >= 0 && f.lookTo >= f.lookFrom && f.lookTo-f.lookFrom < maxLook &&
		(f.gone || f.Kind == DuplicateRows || f.Kind == DoubledInsert)
}

// nameRepeated names the offsets with several rows, given how many rows each offset has.
func (f *Finding) nameRepeated(rows map[int64]int64) {
	var twice []int64
	more := int64(0)
	for offset, n := range rows {
		if n > 1 {
			twice, more = append(twice, offset), more+n-1
		}
	}
	if len(twice) == 0 || more != f.Rows {
		return
	}
	f.First, f.Last, f.Exact = slices.Min(twice), slices.Max(twice), true
}

// nameMissing names the offsets without a row, given those with one and the records of the log. Replays and dead letters
// have none either, so there may be more than are missing. What happened before oldest (Unix ms) is past the table's
// retention: if that explains everything, the note says so, and there is no finding.
func (f *Finding) nameMissing(rows map[int64]int64, log []Record, oldest int64) (note string) {
	var without []Record
	for _, r := range log {
		if rows[r.Offset] == 0 {
			without = append(without, r)
		}
	}
	expired := int64(0)
	for _, r := range without {
		if r.EventTime < oldest {
			expired++
		}
	}
	switch {
	case expired >= f.Rows:
		return fmt.Sprintf("%d rows of %s/%d, offsets %d..%d, are past the retention of post_events", f.Rows, f.Topic, f.Partition, f.First, f.Last)
	case oldest > 0 && len(log) == 0 && f.Kind == LostInsert:
		return fmt.Sprintf("not comparable before offset %d of %s/%d: %d rows may be past the retention of post_events, and the topic does not hold them any more",
			f.Last+1, f.Topic, f.Partition, f.Rows)
	case len(without) == 0 || int64(len(without)) < f.Rows: // the log does not hold them any more
		return ""
	}
	byRoot := func(a, b Record) int { return int(a.RootTime - b.RootTime) }
	f.First, f.Last = without[0].Offset, without[len(without)-1].Offset
	f.From, f.To = unixMS(slices.MinFunc(without, byRoot).RootTime), unixMS(slices.MaxFunc(without, byRoot).RootTime)
	f.Exact = int64(len(without)) == f.Rows
	if !f.Exact {
		f.Detail += fmt.Sprintf("; %d records of the range have no row, replays and refused ones among them", len(without))
	}
	return ""
}

func unixMS(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
