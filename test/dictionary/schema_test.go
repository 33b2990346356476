package dictionary

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	tablesBegin = "<!-- tables: written by go test ./test/dictionary -update -->\n"
	tablesEnd   = "<!-- tables: end -->\n"
)

// The tables and columns of the data dictionary are those the server has, each with what it says of itself.
func TestDictionary_is_the_schema(t *testing.T) {
	text, err := os.ReadFile(dictionaryFile)
	require.NoError(t, err)
	head, rest, found := strings.Cut(string(text), tablesBegin)
	require.True(t, found, tablesBegin)
	_, tail, found := strings.Cut(rest, tablesEnd)
	require.True(t, found, tablesEnd)
	fresh := head + tablesBegin + start(t).describe() + tablesEnd + tail
	if *update {
		require.NoError(t, os.WriteFile(dictionaryFile, []byte(fresh), 0o644))
		return
	}
	require.Equal(t, fresh, string(text), "go test ./test/dictionary -update writes it anew")
}

// The tables that are not for people: what migrations note, and what a view shows better. A view has no comments of its
// own for its columns: they are those of the table behind it. The views …_current have columns of their tables only.
const (
	notForPeople = "'goose_db_version', 'post_engagement_backfilled', 'materialized_view_checks'"
	behindView   = "materialized_view_checks"
)

// describe renders all tables that people read.
func (s *server) describe() string {
	s.t.Helper()
	var out strings.Builder
	tables := s.query(`SELECT name, comment FROM system.tables
		WHERE database = currentDatabase() AND name NOT IN (` + notForPeople + `) AND engine != 'MaterializedView' AND name NOT LIKE '.%' AND name NOT LIKE '%\\_current' ORDER BY name`)
	require.NotEmpty(s.t, tables)
	for _, t := range tables {
		name := t["name"].(string)
		require.NotEmpty(s.t, t["comment"], "table %s has no comment", name)
		fmt.Fprintf(&out, "### %s\n\n%s.\n\n| column | type | what it is |\n|---|---|---|\n", name, sentence(t["comment"].(string)))
		for _, c := range s.query(`SELECT c.name AS name, c.type AS type, if(c.comment = '', b.comment, c.comment) AS comment
			FROM system.columns AS c
			LEFT JOIN (SELECT name, comment FROM system.columns WHERE database = currentDatabase() AND table = '` + behindView + `') AS b ON b.name = c.name
			WHERE c.database = currentDatabase() AND c.table = '` + name + `' ORDER BY c.position`) {
			require.NotEmpty(s.t, c["comment"], "column %s of %s has no comment", c["name"], name)
			fmt.Fprintf(&out, "| `%s` | %s | %s |\n", c["name"], cell(c["type"]), cell(c["comment"]))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func cell(v any) string { return strings.ReplaceAll(v.(string), "|", `\|`) }
