package clickhouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"
)

// migrationTime is how long the server may take for one statement: some read all events.
const migrationTime = 6 * time.Hour

// Migrate creates the database and brings its tables, their retention and their refreshes up to date. It returns what it
// changed, in order; nothing if all was as it should be. It must not run twice at the same time. Sinks may run: where
// that is needed, they wait. One that was killed is finished by the next.
func Migrate(ctx context.Context, cfg Config) (applied []string, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	defer func() { err = addressOnly(err) }()
	if err := createDatabase(ctx, cfg); err != nil {
		return nil, err
	}
	options := cfg.options(cfg.Database)
	options.ReadTimeout = migrationTime
	db := ch.OpenDB(options)
	defer func() { _ = db.Close() }()
	if applied, err = createTables(ctx, db, cfg.Database); err != nil {
		return applied, err
	}
	for _, change := range []func() (string, error){
		func() (string, error) {
			return setRetention(ctx, db, cfg.Database, postEvents, cfg.Retention.PostEvents)
		},
		func() (string, error) {
			return setRetention(ctx, db, cfg.Database, postEngagementHourly, cfg.Retention.PostEngagementHourly)
		},
		func() (string, error) {
			return setRetention(ctx, db, cfg.Database, postEngagementMinutely, cfg.Retention.PostEngagementMinutely)
		},
		func() (string, error) {
			return setRefresh(ctx, db, cfg.Database, "post_stats_24h_mv", cfg.Views.PostStats)
		},
		func() (string, error) {
			return setRefresh(ctx, db, cfg.Database, "user_relationships_agg_mv", cfg.Views.Relationships)
		},
	} {
		changed, err := change()
		if err != nil {
			return applied, err
		}
		if changed != "" {
			applied = append(applied, changed)
		}
	}
	return applied, prepareViews(ctx, cfg)
}

// prepareViews makes the views for readers that are missing.
func prepareViews(ctx context.Context, cfg Config) error {
	client, err := Open(cfg)
	if err != nil {
		return err
	}
	for _, m := range Mappings() {
		if m.View != nil {
			err = errors.Join(err, client.Prepare(ctx, m, m.current, nil))
		}
	}
	return errors.Join(err, client.Close())
}

func createDatabase(ctx context.Context, cfg Config) error {
	db := ch.OpenDB(cfg.options("")) // the user's own
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+cfg.Database); err != nil {
		return fmt.Errorf("creating database %s: %w", cfg.Database, err)
	}
	return nil
}

// createTables applies the migrations that have not been, one by one.
func createTables(ctx context.Context, db *sql.DB, database string) (applied []string, err error) {
	files, err := fs.Sub(migrations, "sql/migrations")
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectClickHouse, db, files, goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("reading migrations: %w", err)
	}
	states, err := provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for migrations: %w", err)
	}
	defer func() { err = errors.Join(err, release(ctx, db, database)) }()
	for _, state := range states {
		if state.State == goose.StateApplied {
			continue
		}
		prepare := release // what was held for the migration before
		if heldFor[state.Source.Version] {
			prepare = hold
		}
		if err := prepare(ctx, db, database); err != nil {
			return applied, err
		}
		done, err := provider.UpByOne(ctx)
		if err != nil {
			return applied, fmt.Errorf("migrating: %w", err)
		}
		applied = append(applied, done.Source.Path)
	}
	return applied, nil
}

// definition returns the statement that would create a table or view as it is; "" if there is none.
func definition(ctx context.Context, db *sql.DB, database, table string) (string, error) {
	var query string
	err := db.QueryRowContext(ctx, definitionSQL, ch.Named("database", database), ch.Named("table", table)).Scan(&query)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("reading the definition of %s: %w", table, err)
	}
	return query, nil
}
