package timeline

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
)

// BenchmarkLoad takes a million follows of 100,000 users, of whom a few have most followers, as the view gives them.
func BenchmarkLoad(b *testing.B) {
	const users, follows = 100_000, 1_000_000
	for b.Loop() {
		rng := rand.New(rand.NewPCG(1, 2))
		before := heapInUse()
		x := New()
		row := rowOf(1, false, map[string]string{"status": `"active"`})
		for range follows {
			follower, followee := rng.IntN(users), int(float64(users)*rng.Float64()*rng.Float64()*rng.Float64()*rng.Float64())
			row.Columns = change.Columns{{Name: "created_at", Value: at(rng.IntN(1 << 30))}}
			x.UpdateFollow(schemas.NaturalID(fmt.Sprintf("%036d", follower), fmt.Sprintf("%036d", followee)), row)
		}
		b.ReportMetric(float64(heapInUse()-before)/float64(len(x.edges)), "B/follow")
		b.ReportMetric(float64(len(x.edges)), "follows")
	}
}

// BenchmarkPage reads pages of 20 of long lists, from somewhere on.
func BenchmarkPage(b *testing.B) {
	x := New()
	x.UpdateUser("star", rowOf(1, false, nil))
	for n := range 100_000 {
		x.UpdateFollow(fmt.Sprintf("u%d:star", n), rowOf(1, false, map[string]string{"created_at": at(n)}))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		n := rng.IntN(100_000)
		items, _, err := x.Followers("star", cursor{int64(n), fmt.Sprintf("u%d", n)}.text(ofFollowers, "star"), 20)
		if err != nil || len(items) != min(n, 20) {
			b.Fatal(n, len(items), err)
		}
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkUserGoes has a user with a million followers deleted, and come back.
func BenchmarkUserGoes(b *testing.B) {
	x := New()
	x.UpdateUser("star", rowOf(1, false, nil))
	for n := range 1_000_000 {
		x.UpdateFollow(fmt.Sprintf("u%d:star", n), rowOf(1, false, map[string]string{"created_at": at(n)}))
	}
	for lsn := int64(2); b.Loop(); lsn++ {
		x.UpdateUser("star", rowOf(lsn, lsn%2 == 0, nil))
	}
}
