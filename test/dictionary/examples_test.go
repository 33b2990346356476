package dictionary

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// example is a query of a document, under the heading above it.
type example struct{ title, sql string }

var (
	headings = regexp.MustCompile(`(?m)^#{2,4} (.+)$`)
	fences   = regexp.MustCompile("(?s)```sql\n(.*?)```")
)

// examples returns the queries of a document, in order.
func examples(t *testing.T, file string) []example {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var all []example
	for _, at := range fences.FindAllStringSubmatchIndex(string(text), -1) {
		above := headings.FindAllStringSubmatch(string(text[:at[0]]), -1)
		require.NotEmpty(t, above)
		all = append(all, example{above[len(above)-1][1], string(text[at[2]:at[3]])})
	}
	return all
}

// Every query of the documents gives what plain Go counts, and every oracle has its query.
func TestExamples_equal_the_oracle(t *testing.T) {
	s := start(t)
	now := time.Now().UTC()
	all := dataset(t, now)
	s.insert(all)
	s.settle()
	from, to := now.Add(-24*time.Hour), now
	asked := map[string]bool{}
	for _, doc := range []struct {
		file  string
		ready func(sql string) string
	}{
		{dictionaryFile, func(sql string) string { return sql }},
		{grafanaFile, func(sql string) string { return expand(sql, from, to) }},
	} {
		for _, e := range examples(t, doc.file) {
			t.Run(e.title, func(t *testing.T) {
				oracle := oracles[e.title]
				require.NotNil(t, oracle, "the query has no oracle")
				require.False(t, asked[e.title], "two queries under one heading")
				asked[e.title] = true
				want := oracle(all, from)
				require.NotEmpty(t, want)
				got := s.query(doc.ready(e.sql))
				for _, row := range got {
					if age, ok := row["seconds_behind"].(float64); ok { // the only answer that the clock changes
						require.InDelta(t, time.Since(newest(all)).Seconds(), age, 120)
						delete(row, "seconds_behind")
					}
				}
				require.Equal(t, want, got)
			})
		}
	}
	require.Len(t, asked, len(oracles))
}

// expand does what Grafana's data source does with its macros.
func expand(sql string, from, to time.Time) string {
	seconds := func(at time.Time) string { return "toDateTime(" + at.Format("'2006-01-02 15:04:05'") + ", 'UTC')" }
	sql = regexp.MustCompile(`\$__timeFilter\((\w+)\)`).ReplaceAllString(sql, "$1 >= "+seconds(from)+" AND $1 <= "+seconds(to))
	sql = regexp.MustCompile(`\$__timeInterval\((\w+)\)`).ReplaceAllString(sql, "toStartOfInterval(toDateTime($1), INTERVAL 60 second)")
	return strings.TrimSpace(sql)
}
