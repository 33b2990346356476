// Package benchtest is what the benchmarks that are tests have in common: settings from the environment, a test binary
// that is also the worker it measures, servers among them, and medians.
package benchtest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// Main runs the tests or, where the environment variable has a value, the work that it says.
func Main(m *testing.M, variable string, work func(text string) error) {
	if text := os.Getenv(variable); text != "" {
		if err := work(text); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// Number returns the number in an environment variable, def if it is not set.
func Number(t *testing.T, name string, def int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	require.NoError(t, err, name)
	return n
}

// Median returns the middle of some figures, of an even number the upper one.
func Median(f []float64) float64 {
	f = slices.Sorted(slices.Values(f))
	return f[len(f)/2]
}
