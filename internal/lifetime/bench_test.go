package lifetime

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// BenchmarkUpdate fills an index with a million posts and reports what each takes in memory, its id of 36 characters included.
func BenchmarkUpdate(b *testing.B) {
	const posts = 1_000_000
	row := &schemas.ScoreRow{Lifetime: engagement.Counts{Views: 9}, LastEngagement: 1}
	for b.Loop() {
		x, before := New(), inUse()
		for n := range posts {
			x.Update(fmt.Sprintf("00000000-0000-4000-9000-%012x", n), row)
		}
		b.ReportMetric(float64(inUse()-before)/posts, "B/post")
		runtime.KeepAlive(x)
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
