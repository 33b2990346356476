package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRunRefusesWrongArguments(t *testing.T) {
	t.Setenv("NOVA_CHDB_LIB", "")
	dir := t.TempDir()
	for want, args := range map[string][]string{
		"--lib must name the chDB library, is empty": {"--data-dir", dir},
		"--data-dir must name a directory, is empty": {"--lib", "x"},
		"--max-queries must be at least 1, is 0":     {"--lib", "x", "--data-dir", dir, "--max-queries", "0"},
		`unexpected argument "more"`:                 {"--lib", "x", "--data-dir", dir, "more"},
		"loading the chDB library":                   {"--lib", dir + "/none.so", "--data-dir", dir},
	} {
		require.ErrorContains(t, run(t.Context(), args, os.Stdin, new(strings.Builder)), want)
	}
}

func TestLockWaitsForTheOther(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), dir)
	require.NoError(t, err)
	locked := make(chan error, 1)
	go func() {
		second, err := lock(t.Context(), dir)
		if err == nil {
			second()
		}
		locked <- err
	}()
	select {
	case err := <-locked:
		require.FailNow(t, "did not wait", "%v", err)
	default:
	}
	unlock()
	require.NoError(t, <-locked)
}
