package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
)

const root = "../.."

func TestDocumentationIsFresh(t *testing.T) { require.NoError(t, run(root, true)) }

// tree is a module with nothing but the sources whose comments are read, and a stale README.
func tree(t *testing.T, readme string) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"internal", "api", "processors", "schemas"} {
		require.NoError(t, os.CopyFS(filepath.Join(dir, d), os.DirFS(filepath.Join(root, d))))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "docs"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme), 0o600))
	return dir
}

func TestStaleIsFoundAndWritten(t *testing.T) {
	dir := tree(t, "# before\n"+flowBegin+"old\n"+flowEnd+"after\n")
	require.Error(t, run(dir, true))
	require.NoError(t, run(dir, false))
	require.NoError(t, run(dir, true))
	golden, err := os.ReadFile(filepath.Join(root, "topology/testdata/topology.golden"))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	require.Equal(t, "# before\n"+flowBegin+"```\n"+string(golden)+"```\n"+flowEnd+"after\n", string(got))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), append(got, "more\n"...), 0o600))
	require.NoError(t, run(dir, true), "what is outside the markers is free")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docs/config.md"), nil, 0o600))
	require.ErrorIs(t, run(dir, true), errStale)
}

func TestReadmeWithoutMarkers(t *testing.T) {
	require.ErrorContains(t, run(tree(t, "nothing"), false), "markers")
}

func TestEverySettingIsExplained(t *testing.T) {
	text, err := configReference(root)
	require.NoError(t, err)
	defaults := config.Default()
	for _, s := range config.Settings(&defaults) {
		require.Equal(t, 1, strings.Count(string(text), "\n| `"+s.Key+"` | "), s.Key)
	}
	require.Contains(t, string(text), "| `kafka.brokers` | list of text | `127.0.0.1:9092` | bootstrap addresses, host:port |")
}

// docs/invariants.md names tests; one that is renamed or gone must not be promised any longer.
func TestInvariantsNameTestsThatExist(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/invariants.md"))
	require.NoError(t, err)
	named := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(string(text), "\n", " "), "## ") {
		_, tests, _ := strings.Cut(line, "Tests: ")
		for group := range strings.SplitSeq(tests, "·") {
			place := regexp.MustCompile("`([\\w/]+)`").FindStringSubmatch(group)
			for _, name := range regexp.MustCompile(`\b(?:Test|Fuzz)\w+`).FindAllString(group, -1) {
				require.NotNil(t, place, name)
				require.Contains(t, testSources(t, filepath.Join(root, place[1])), "func "+name+"(", place[1])
				named++
			}
		}
	}
	require.Greater(t, named, 30)
}

func testSources(t *testing.T, dir string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	var all strings.Builder
	for _, p := range paths {
		text, err := os.ReadFile(p)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
