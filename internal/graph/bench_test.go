package graph

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// BenchmarkUnfollow has a user with a million followers lose one, and get it back.
func BenchmarkUnfollow(b *testing.B) {
	const followers = 1_000_000
	g := New()
	for i := range followers {
		g.Set(strconv.Itoa(i), "star", true)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		f := strconv.Itoa(rnd.IntN(followers))
		g.Set(f, "star", false)
		g.Set(f, "star", true)
	}
}
