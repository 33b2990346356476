package clickhouse

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// setRefresh changes how often the server makes a view's table anew, if that is another rhythm, and says so.
func setRefresh(ctx context.Context, db *sql.DB, database, view string, every time.Duration) (string, error) {
	query, err := definition(ctx, db, database, view)
	if err != nil {
		return "", err
	}
	if RefreshEvery(query) == every {
		return "", nil
	}
	seconds := int(every / time.Second)
	if _, err := db.ExecContext(ctx, fmt.Sprintf("ALTER TABLE %s MODIFY REFRESH EVERY %d SECOND", view, seconds)); err != nil {
		return "", fmt.Errorf("setting the refreshes of %s: %w", view, err)
	}
	return fmt.Sprintf("%s: refresh every %v", view, every), nil
}

var (
	rhythm = regexp.MustCompile(`\bREFRESH EVERY ((?:\d+ (?:SECOND|MINUTE|HOUR) ?)+)`)
	amount = regexp.MustCompile(`(\d+) (SECOND|MINUTE|HOUR)`)
	units  = map[string]time.Duration{"SECOND": time.Second, "MINUTE": time.Minute, "HOUR": time.Hour}
)

// RefreshEvery returns the time between two refreshes of a view from its definition, as the server prints it; 0 if it has
// none.
func RefreshEvery(query string) (every time.Duration) {
	m := rhythm.FindStringSubmatch(query)
	if m == nil {
		return 0
	}
	for _, part := range amount.FindAllStringSubmatch(m[1], -1) {
		n, err := strconv.Atoi(part[1])
		if err != nil { // more digits than a time has
			return 0
		}
		every += time.Duration(n) * units[part[2]]
	}
	return every
}
