package config

import (
	"math"
	"strings"
)

// nearest returns the candidate with the fewest single-letter edits to name, the first of equals, and whether it is near
// enough to be meant: most letters stay, or name is its beginning.
func nearest(name string, candidates []string) (string, bool) {
	best, least := "", math.MaxInt
	for _, c := range candidates {
		if d := edits(name, c); d < least {
			best, least = c, d
		}
	}
	return best, least <= len(name)/2 || strings.HasPrefix(best, name)
}

// edits is the Levenshtein distance of a and b in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
