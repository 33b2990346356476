package clickhouse

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"
)

// Migrate creates the database and brings its tables and their retention up to date. It returns what it changed, in
// order; nothing if all was as it should be. It must not run twice at the same time.
func Migrate(ctx context.Context, cfg Config) (applied []string, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := createDatabase(ctx, cfg); err != nil {
		return nil, err
	}
	db := ch.OpenDB(cfg.options(cfg.Database))
	defer func() { _ = db.Close() }()
	if applied, err = createTables(ctx, db); err != nil {
		return applied, err
	}
	changed, err := setRetention(ctx, db, cfg.Database, "post_events", cfg.Retention.PostEvents)
	if changed != "" {
		applied = append(applied, changed)
	}
	return applied, err
}

func createDatabase(ctx context.Context, cfg Config) error {
	db := ch.OpenDB(cfg.options("")) // the user's own
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+cfg.Database); err != nil {
		return fmt.Errorf("creating database %s: %w", cfg.Database, err)
	}
	return nil
}

func createTables(ctx context.Context, db *sql.DB) ([]string, error) {
	files, err := fs.Sub(migrations, "sql/migrations")
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	var applied []string
	for _, r := range results {
		applied = append(applied, r.Source.Path)
	}
	if err != nil {
		return applied, fmt.Errorf("migrating: %w", err)
	}
	return applied, nil
}

// ttl finds the days in a table's definition as the server prints it.
var ttl = regexp.MustCompile(`TTL toDateTime\(event_time\) \+ toIntervalDay\((\d+)\)`)

// setRetention changes the table's TTL if it is another one, and says so.
func setRetention(ctx context.Context, db *sql.DB, database, table string, keep time.Duration) (string, error) {
	var engine string
	if err := db.QueryRowContext(ctx, engineSQL, ch.Named("database", database), ch.Named("table", table)).Scan(&engine); err != nil {
		return "", fmt.Errorf("reading the retention of %s: %w", table, err)
	}
	has := 0
	if m := ttl.FindStringSubmatch(engine); m != nil {
		has, _ = strconv.Atoi(m[1])
	}
	days := int(keep / day)
	var alter, change string
	switch days {
	case has:
		return "", nil
	case 0:
		alter, change = "REMOVE TTL", "keep rows for ever"
	default:
		alter = fmt.Sprintf("MODIFY TTL toDateTime(event_time) + INTERVAL %d DAY", days)
		change = fmt.Sprintf("keep rows for %d days", days)
	}
	if _, err := db.ExecContext(ctx, "ALTER TABLE "+table+" "+alter); err != nil {
		return "", fmt.Errorf("setting the retention of %s: %w", table, err)
	}
	return table + ": " + change, nil
}
