package graph

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"

	"github.com/nova-social/nova-streams/internal/graph/graphtest"
)

// powerLaw returns a graph of n distinct edges in which few follow many and few are followed by many: ranks are drawn by
// Zipf's law, exponents 1.1 for followers and 1.2 for followees, out of one user for every ten edges.
func powerLaw(n int) []graphtest.Edge {
	rnd := rand.New(rand.NewPCG(20261124, 0))
	users := n / 10
	followers := rand.NewZipf(rnd, 1.1, 60, uint64(users-1))
	followees := rand.NewZipf(rnd, 1.2, 30, uint64(users-1))
	names := make([]string, users)
	for i := range names {
		names[i] = id(rnd)
	}
	other := rnd.Perm(users) // who follows much is not who is followed much
	known := make(map[[2]uint32]struct{}, n)
	edges := make([]graphtest.Edge, 0, n)
	for len(edges) < n {
		u, v := followers.Uint64(), uint64(other[followees.Uint64()])
		if _, repeated := known[[2]uint32{uint32(u), uint32(v)}]; u == v || repeated {
			continue
		}
		known[[2]uint32{uint32(u), uint32(v)}] = struct{}{}
		edges = append(edges, graphtest.Edge{Follower: names[u], Followee: names[v]})
	}
	return edges
}

// id looks like a UUID.
func id(rnd *rand.Rand) string {
	b := binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, rnd.Uint64()), rnd.Uint64())
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
