package clickhouse

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// kept is a table whose rows go when they are old.
type kept struct {
	table string
	age   string // what the days are counted from, as the server prints it
}

// The tables that have a retention.
var (
	postEvents             = kept{"post_events", "toDateTime(event_time)"}
	postEngagementHourly   = kept{"post_engagement_hourly", "hour"}
	postEngagementMinutely = kept{"post_engagement_minutely", "minute"}
)

// setRetention changes the table's TTL if it is another one, and says so.
func setRetention(ctx context.Context, db *sql.DB, database string, t kept, keep time.Duration) (string, error) {
	query, err := definition(ctx, db, database, t.table)
	if err != nil {
		return "", err
	}
	has, err := t.days(query)
	if err != nil {
		return "", err
	}
	days := int(keep / day)
	var alter, change string
	switch days {
	case has:
		return "", nil
	case 0:
		alter, change = "REMOVE TTL", "keep rows for ever"
	default:
		alter = fmt.Sprintf("MODIFY TTL %s + INTERVAL %d DAY", t.age, days)
		change = fmt.Sprintf("keep rows for %d days", days)
	}
	if _, err := db.ExecContext(ctx, "ALTER TABLE "+t.table+" "+alter); err != nil {
		return "", fmt.Errorf("setting the retention of %s: %w", t.table, err)
	}
	return t.table + ": " + change, nil
}

// days finds the retention in the table's definition; 0 if there is none.
func (t kept) days(query string) (int, error) {
	ttl := regexp.MustCompile(`TTL ` + regexp.QuoteMeta(t.age) + ` \+ toIntervalDay\((\d+)\)`)
	m := ttl.FindStringSubmatch(query)
	if m == nil {
		return 0, nil
	}
	days, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, fmt.Errorf("reading the retention of %s: %w", t.table, err)
	}
	return days, nil
}
