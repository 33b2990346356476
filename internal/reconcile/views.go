package reconcile

import (
	"fmt"
	"strconv"
	"time"
)

// Sums are the counts of one hour of event time, by raw rows or by a view of them.
type Sums struct{ Views, Likes, Comments, Shares int64 }

func (s Sums) each() [4]int64 { return [4]int64{s.Views, s.Likes, s.Comments, s.Shares} }

var sumNames = [4]string{"views", "likes", "comments", "shares"}

// compareView compares the sums of a view per hour with those of the raw rows: least are the rows that were committed
// before the view was read, most all that were there after it.
func compareView(least, view, most map[time.Time]Sums) (findings []Finding) {
	hours := map[time.Time]bool{}
	for _, m := range []map[time.Time]Sums{least, view, most} {
		for h := range m {
			hours[h] = true
		}
	}
	for h := range hours {
		lo, is, hi := least[h].each(), view[h].each(), most[h].each()
		for i, n := range is {
			if off := max(lo[i]-n, n-hi[i]); off > 0 {
				findings = append(findings, Finding{
					Kind: View, Partition: -1, First: -1, Last: -1, Rows: off, From: h, To: h.Add(time.Hour), Happened: true,
					Detail: fmt.Sprintf("%s of post_engagement_hourly: %d, the rows say %s", sumNames[i], n, fromTo(lo[i], hi[i])),
				})
			}
		}
	}
	return findings
}

func fromTo(lo, hi int64) string {
	if lo == hi {
		return strconv.FormatInt(lo, 10)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}
