package views

import (
	"embed"
	"fmt"
)

//go:embed queries/*.sql
var queries embed.FS

// Query is a question people ask, asked in two ways that give the same answer.
type Query struct {
	Name string
	SQL  string // through a view
	Raw  string // over post_events
}

// Queries are the named questions. post_by_hour wants the parameter post_id.
func Queries() ([]Query, error) {
	names := []string{"top_posts_by_likes", "posts_per_hour", "post_by_hour", "top_posts_per_day", "totals_per_hour"}
	all := make([]Query, len(names))
	for i, name := range names {
		sql, err := queries.ReadFile("queries/" + name + ".sql")
		if err != nil {
			return nil, fmt.Errorf("reading a query: %w", err)
		}
		raw, err := queries.ReadFile("queries/" + name + "_raw.sql")
		if err != nil {
			return nil, fmt.Errorf("reading a query: %w", err)
		}
		all[i] = Query{name, string(sql), string(raw)}
	}
	return all, nil
}
