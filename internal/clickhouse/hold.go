package clickhouse

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// heldFor are the migrations that make views over post_events and count what is there already. Meanwhile nothing may be
// inserted: it would be counted twice or not at all.
var heldFor = map[int64]bool{4: true}

// holdPoll is the pause between two looks at the inserts under way, releaseTime how long the end of a hold may take.
const (
	holdPoll    = 50 * time.Millisecond
	releaseTime = 10 * time.Second
)

// hold has post_events refuse inserts, as a server without room would (TABLE_IS_READ_ONLY), and waits for those under
// way. Sinks try again until release.
func hold(ctx context.Context, db *sql.DB, database string) error {
	if _, err := db.ExecContext(ctx, "ALTER TABLE post_events MODIFY SETTING table_readonly = 1"); err != nil {
		return fmt.Errorf("holding the inserts into post_events: %w", err)
	}
	for {
		var running uint64
		if err := db.QueryRowContext(ctx, insertsSQL, ch.Named("database", database)).Scan(&running); err != nil {
			return fmt.Errorf("waiting for the inserts into post_events: %w", err)
		}
		if running == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the inserts into post_events: %w", ctx.Err())
		case <-time.After(holdPoll):
		}
	}
}

// release ends a hold, also one that an earlier migration left behind when it was killed.
func release(ctx context.Context, db *sql.DB, database string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	engine, err := definition(ctx, db, database, "post_events")
	if err != nil || !strings.Contains(engine, "table_readonly = 1") {
		return err
	}
	if _, err := db.ExecContext(ctx, "ALTER TABLE post_events RESET SETTING table_readonly"); err != nil {
		return fmt.Errorf("letting inserts into post_events again: %w", err)
	}
	return nil
}
