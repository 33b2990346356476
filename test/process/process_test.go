package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestJava_must_be_there_and_new_enough(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	_, err := FindJava(t.Context())
	require.ErrorContains(t, err, "java (17 or later) is needed and not on the PATH; `make test-real` installs it")

	for says, want := range map[string]string{
		`openjdk version "1.8.0_402"`:          "java 17 or later is needed, " + filepath.Join(dir, "java") + " is version 1",
		`openjdk version "16.0.2" 2021-07-20`:  "java 17 or later is needed, " + filepath.Join(dir, "java") + " is version 16",
		`openjdk version "17.0.15" 2025-04-15`: "",
		`java version "25" 2025-09-16 LTS`:     "",
		`no such option`:                       `it said "no such option\n"`,
	} {
		script := "#!/bin/sh\necho '" + says + "' >&2\n"
		require.NoError(t, os.WriteFile(filepath.Join(dir, "java"), []byte(script), 0o755))
		path, err := FindJava(t.Context())
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, filepath.Join(dir, "java"), path)
	}
}

// mvn is a script here that does what it is told: no network.
func TestFetch_is_all_or_nothing(t *testing.T) {
	bin, cache := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	mvn := func(script string) {
		require.NoError(t, os.WriteFile(filepath.Join(bin, "mvn"), []byte("#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) to=${a#*=};; esac; done\nmkdir $to; echo half > $to/a.jar\n"+script), 0o755))
	}
	home := filepath.Join(cache, "kafka")
	mvn("echo no such artifact; exit 1")
	require.ErrorContains(t, (Artifacts{}).fetch(t.Context(), home), "no such artifact")
	left, err := os.ReadDir(cache)
	require.NoError(t, err)
	require.Empty(t, left)

	mvn("echo whole > $to/a.jar")
	require.NoError(t, (Artifacts{}).fetch(t.Context(), home))
	jar, err := os.ReadFile(filepath.Join(home, "a.jar"))
	require.NoError(t, err)
	require.Equal(t, "whole", strings.TrimSpace(string(jar)))
	left, err = os.ReadDir(cache)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestPorts_are_free_and_not_for_clients(t *testing.T) {
	ports, err := FreePorts(t.Context(), 20)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, p := range ports {
		require.False(t, seen[p])
		seen[p] = true
		require.True(t, firstPort <= p && p <= lastPort)
	}
	require.Len(t, ports, 20)
}
