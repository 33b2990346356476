// Package graphtest reads the graphs of testdata/follows and what other code has counted of them, for tests and benchmarks.
package graphtest

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Edge is a follow.
type Edge struct{ Follower, Followee string }

// Edges returns a graph of dir, which is testdata/follows; in a mutual one each line is a follow both ways.
func Edges(tb testing.TB, dir, name string, mutual bool) []Edge {
	tb.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	require.NoError(tb, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	var edges []Edge
	lines := bufio.NewScanner(z)
	lines.Scan() // the header
	for lines.Scan() {
		a, b, _ := strings.Cut(lines.Text(), ",")
		edges = append(edges, Edge{a, b})
		if mutual {
			edges = append(edges, Edge{b, a})
		}
	}
	require.NoError(tb, lines.Err())
	return edges
}

// Expected is what is to be suggested to a user: a line of an oracle.
type Expected struct {
	UserID      string `json:"user_id"`
	Followees   int    `json:"followees"`
	Suggestions []struct {
		UserID      string `json:"user_id"`
		MutualCount int    `json:"mutual_count"`
	} `json:"suggestions"`
}

// Expectations returns an oracle of dir, which has 200 users.
func Expectations(tb testing.TB, dir, name string) []Expected {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(tb, err)
	var all []Expected
	require.NoError(tb, json.Unmarshal(text, &all))
	require.Len(tb, all, 200)
	return all
}
