package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How many rows of each table the workload is about, until keys change.
const (
	manyUsers    = 300
	manyPosts    = 400
	manyComments = 800
)

// workload changes rows of the application's database, as several clients at a time do.
type workload struct {
	url     string
	nulls   bool             // may write NULL where there is a default
	changed atomic.Int64     // rows, by transactions that were committed
	lang    atomic.Bool      // posts have the column lang
	fresh   atomic.Uint64    // the last id that a change of a key took
	kinds   [32]atomic.Int64 // likewise, by kind
}

// id names a row of the workload; tables have different ones.
func id(table byte, n int) string {
	return fmt.Sprintf("%02x000000-0000-4000-8000-%012x", table, n)
}

func user(rng *rand.Rand) string    { return id('u', rng.IntN(manyUsers)) }
func post(rng *rand.Rand) string    { return id('p', rng.IntN(manyPosts)) }
func comment(rng *rand.Rand) string { return id('c', rng.IntN(manyComments)) }

// next returns an id that no row has had.
func (w *workload) next(table byte) string { return id(table, int(1_000_000+w.fresh.Add(1))) }

// large is text that PostgreSQL keeps outside of the row, as it cannot be compressed.
func large(rng *rand.Rand) string {
	var b strings.Builder
	for b.Len() < 4000 {
		fmt.Fprintf(&b, "%016x", rng.Uint64())
	}
	return b.String()
}

func text(rng *rand.Rand) string {
	return []string{"", "short", "日本語 😀 \"q\" \\ /", "ctl:\x01\x1f\n", strings.Repeat("x", 300)}[rng.IntN(5)] + strconv.Itoa(rng.IntN(1000))
}

// at is a moment to the microsecond.
func at(rng *rand.Rand) time.Time {
	return time.UnixMicro(1_767_225_600_000_000 + rng.Int64N(100_000_000_000_000))
}

// kinds are what happens to rows: each makes a statement.
var kinds = [...]struct {
	name string
	make func(w *workload, rng *rand.Rand) (string, []any)
}{
	{"users upsert", func(w *workload, rng *rand.Rand) (string, []any) {
		created := any(at(rng))
		if w.nulls && rng.IntN(4) == 0 {
			created = nil
		}
		return `INSERT INTO users (id, username, display_name, bio, created_at) VALUES ($1, $2, NULL, $3, $4)
			ON CONFLICT (id) DO UPDATE SET bio = EXCLUDED.bio, created_at = EXCLUDED.created_at`, []any{user(rng), text(rng), text(rng), created}
	}},
	{"users update", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE users SET deleted_at = $2 WHERE id = $1`, []any{user(rng), at(rng)}
	}},
	{"users delete", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `DELETE FROM users WHERE id = $1`, []any{user(rng)}
	}},
	{"posts upsert", func(_ *workload, rng *rand.Rand) (string, []any) {
		content := text(rng)
		if rng.IntN(2) == 0 {
			content = large(rng)
		}
		return `INSERT INTO posts (id, user_id, caption, content, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (id) DO UPDATE SET content = EXCLUDED.content, status = 'draft'`, []any{post(rng), user(rng), text(rng), content, at(rng)}
	}},
	{"posts update", func(_ *workload, rng *rand.Rand) (string, []any) { // what is large is not written
		return `UPDATE posts SET caption = $2, updated_at = $3 WHERE id = $1`, []any{post(rng), text(rng), at(rng)}
	}},
	{"posts twice", func(_ *workload, rng *rand.Rand) (string, []any) { // two changes of a row in one statement
		return `WITH new AS (INSERT INTO posts (id, user_id, caption, content) VALUES ($1, $2, 'twice', $3) ON CONFLICT DO NOTHING RETURNING id)
			UPDATE posts SET status = 'published' WHERE id = $4`, []any{post(rng), user(rng), large(rng), post(rng)}
	}},
	{"posts delete", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `DELETE FROM posts WHERE id = $1`, []any{post(rng)}
	}},
	{"posts key", func(w *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE posts SET id = $2 WHERE id = $1`, []any{post(rng), w.next('p')}
	}},
	{"posts added column", func(w *workload, rng *rand.Rand) (string, []any) {
		if !w.lang.Load() {
			return "", nil
		}
		return `UPDATE posts SET lang = $2 WHERE id = $1`, []any{post(rng), text(rng)}
	}},
	{"comments insert", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `INSERT INTO comments SELECT ('63000000-0000-4000-8000-' || lpad(to_hex($1::int + n), 12, '0'))::uuid, $2, $3, $4, NULL
			FROM generate_series(1, 10) n ON CONFLICT DO NOTHING`, []any{rng.IntN(manyComments), post(rng), user(rng), text(rng)}
	}},
	{"comments update", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE comments SET content = $2 WHERE id = $1`, []any{comment(rng), text(rng)}
	}},
	{"comments delete", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `DELETE FROM comments WHERE post_id = $1`, []any{post(rng)}
	}},
	{"comments key", func(w *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE comments SET id = $2 WHERE id = $1`, []any{comment(rng), w.next('c')}
	}},
	{"likes insert", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `INSERT INTO likes VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, []any{user(rng), post(rng), at(rng)}
	}},
	{"likes update", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE likes SET created_at = $2 WHERE user_id = $1`, []any{user(rng), at(rng)}
	}},
	{"likes key", func(w *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE likes SET post_id = $3 WHERE user_id = $1 AND post_id = (SELECT max(post_id::text)::uuid FROM likes WHERE user_id = $1) AND post_id <> $2`,
			[]any{user(rng), post(rng), w.next('p')}
	}},
	{"likes delete", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `DELETE FROM likes WHERE user_id = $1`, []any{user(rng)}
	}},
	{"follows upsert", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `INSERT INTO follows VALUES ($1, $2, $3, $4) ON CONFLICT (follower_id, followee_id) DO UPDATE SET status = EXCLUDED.status`,
			[]any{user(rng), user(rng), []string{"active", "muted", "blocked"}[rng.IntN(3)], at(rng)}
	}},
	{"follows delete", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `DELETE FROM follows WHERE follower_id = $1`, []any{user(rng)}
	}},
	{"revocations upsert", func(_ *workload, rng *rand.Rand) (string, []any) {
		return `INSERT INTO token_revocation VALUES ($1, $2, $3, $4, 'infinity') ON CONFLICT (jti) DO UPDATE SET reason = EXCLUDED.reason`,
			[]any{fmt.Sprintf(`jti-é:%%"%d"`, rng.IntN(100)), user(rng), text(rng), at(rng)}
	}},
	{"revocations key", func(w *workload, rng *rand.Rand) (string, []any) {
		return `UPDATE token_revocation SET jti = $2 WHERE jti = $1`, []any{fmt.Sprintf(`jti-é:%%"%d"`, rng.IntN(100)), "new-" + w.next('t')}
	}},
}

// run is one client: transactions of one to six statements until ctx ends or enough rows are changed, with a pause after
// each. Of ten one is rolled back. What clients do to each other (a deadlock, a row that is there already) is no error.
func (w *workload) run(ctx context.Context, rng *rand.Rand, pause time.Duration, until int64) error {
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for w.changed.Load() < until && ctx.Err() == nil {
		if err := w.transaction(ctx, conn, rng); err != nil {
			if _, is := errors.AsType[*pgconn.PgError](err); !is {
				return err
			}
		}
		time.Sleep(pause)
	}
	return ctx.Err()
}

func (w *workload) transaction(ctx context.Context, conn *pgx.Conn, rng *rand.Rand) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	rows, did := int64(0), map[int]int64{}
	for range 1 + rng.IntN(6) {
		kind := rng.IntN(len(kinds))
		statement, args := kinds[kind].make(w, rng)
		if statement == "" {
			continue
		}
		done, err := tx.Exec(ctx, statement, args...)
		if err != nil {
			return fmt.Errorf("%s: %w", kinds[kind].name, err)
		}
		rows += done.RowsAffected()
		did[kind] += done.RowsAffected()
	}
	if rng.IntN(10) == 0 {
		return nil
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	w.changed.Add(rows)
	for kind, n := range did {
		w.kinds[kind].Add(n)
	}
	return nil
}

// slowPosts is how many rows a slow client's transaction changes.
const slowPosts = 20

// runSlow is a client whose transactions stay open while others begin and end, and while snapshots are read: each changes
// rows that were committed before it, and that nobody changes after it.
func (w *workload) runSlow(ctx context.Context, rng *rand.Rand, first int, wait time.Duration) error {
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for ; ctx.Err() == nil; first += slowPosts {
		if err := w.slowly(context.WithoutCancel(ctx), conn, rng, first, func() { time.Sleep(wait) }); err != nil {
			return err
		}
	}
	return nil
}

// slowly makes such a transaction. It is open while meanwhile runs.
func (w *workload) slowly(ctx context.Context, conn *pgx.Conn, rng *rand.Rand, first int, meanwhile func()) error {
	var before, within pgx.Batch
	for i := range slowPosts {
		row := id('s', first+i)
		before.Queue(`INSERT INTO posts (id, user_id, caption, content) VALUES ($1, $2, 'before', $3)`, row, user(rng), large(rng))
		within.Queue(`UPDATE posts SET caption = 'within' WHERE id = $1`, row)
		switch i % 4 {
		case 1:
			within.Queue(`UPDATE posts SET caption = 'within, again', content = 'short' WHERE id = $1`, row)
		case 2:
			within.Queue(`DELETE FROM posts WHERE id = $1`, row)
		}
	}
	if err := conn.SendBatch(ctx, &before).Close(); err != nil {
		return err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	if err := tx.SendBatch(ctx, &within).Close(); err != nil {
		return err
	}
	meanwhile()
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	w.changed.Add(int64(before.Len() + within.Len()))
	return nil
}
