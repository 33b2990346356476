package clickhouse

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// openRollups returns a client of a server with all tables, and the settings they were made with.
func openRollups(t *testing.T) (*Client, *sql.DB, Config) {
	t.Helper()
	cfg, db := startServer(t)
	cfg.Retention.PostEngagementMinutely = 0
	_, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, db, cfg
}

// counted is what a roll-up says of one post in one hour or minute.
type counted struct{ views, likes, comments, shares, impressions, dwell int64 }

// place is an hour or minute (Unix seconds) and a post.
type place struct {
	at   int64
	post string
}

// oracle recounts events by places of that length.
type oracle map[place]counted

func (o oracle) add(r *schemas.EnrichedEvent, length time.Duration) {
	seconds := int64(length / time.Second)
	p := place{r.EventTime / 1000 / seconds * seconds, r.PostID}
	n := o[p]
	switch r.Action {
	case engagement.View:
		n.views++
	case engagement.Like:
		n.likes++
	case engagement.Comment:
		n.comments++
	case engagement.Share:
		n.shares++
	case engagement.Impression:
		n.impressions++
	default:
		panic(r.Action)
	}
	n.dwell += r.DwellMS
	o[p] = n
}

// summed reads places and counts of what may not be merged yet.
func summed(at, from string) string {
	return `SELECT toUnixTimestamp(` + at + `), post_id, toInt64(sum(r.views)), toInt64(sum(r.likes)), toInt64(sum(r.comments)),
		toInt64(sum(r.shares)), toInt64(sum(r.impressions)), toInt64(sum(r.dwell_ms)) FROM ` + from + ` AS r GROUP BY 1, 2`
}

// merged has the server merge on the way.
func merged(at, table string) string {
	return `SELECT toUnixTimestamp(` + at + `), post_id, toInt64(views), toInt64(likes), toInt64(comments), toInt64(shares),
		toInt64(impressions), dwell_ms FROM nova.` + table + ` FINAL SETTINGS do_not_merge_across_partitions_select_final = 1`
}

func readCounts(t *testing.T, db *sql.DB, query string) oracle {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	got := oracle{}
	for rows.Next() {
		var (
			at   uint32
			post string
			n    counted
		)
		require.NoError(t, rows.Scan(&at, &post, &n.views, &n.likes, &n.comments, &n.shares, &n.impressions, &n.dwell))
		got[place{int64(at), post}] = n
	}
	require.NoError(t, rows.Err())
	return got
}

// truth is what was sent to the table, and what it and its roll-ups must hold.
type truth struct {
	rows             uint64
	hourly, minutely oracle
	offsets          map[int32]int64
}

func newTruth() *truth { return &truth{0, oracle{}, oracle{}, map[int32]int64{}} }

// batch makes n events around a time and the blocks they are sent in, and counts them.
func (w *truth) batch(random *rand.Rand, partition int32, n int, around int64) []*Block {
	first := w.offsets[partition]
	b := newBatch(PostEvents, checkpoint{next: first})
	for i := range int64(n) {
		a := activity(fmt.Sprint(partition, "-", first+i), around+random.Int64N(4*3600*1000)-2*3600*1000, from(0, first+i))
		a.PostID, a.DwellMS = "p"+strconv.Itoa(random.IntN(7)), random.Int64N(9000)-1000
		a.Action = []engagement.Action{engagement.View, engagement.Like, engagement.Comment, engagement.Share, engagement.Impression}[random.IntN(5)]
		b.add(input{row: rowOf(first+i, a)})
	}
	w.offsets[partition] = first + int64(n)
	blocks := b.blocks("topic", partition, b.announcement(1))
	for _, block := range blocks {
		for _, r := range block.Rows {
			w.rows++
			w.hourly.add(eventOf(r.Record), time.Hour)
			w.minutely.add(eventOf(r.Record), time.Minute)
		}
	}
	return blocks
}

// check compares the table and its roll-ups with the truth.
func (w *truth) check(t *testing.T, db *sql.DB) {
	t.Helper()
	require.Equal(t, []uint64{w.rows}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
	for _, query := range []string{
		summed("hour", "nova.post_engagement_hourly"), merged("hour", "post_engagement_hourly"),
		summed("hour", "mergeTreeProjection(nova, post_engagement_hourly, by_post)"),
	} {
		require.Equal(t, w.hourly, readCounts(t, db, query), query)
	}
	for _, query := range []string{summed("minute", "nova.post_engagement_minutely"), merged("minute", "post_engagement_minutely")} {
		require.Equal(t, w.minutely, readCounts(t, db, query), query)
	}
}

// Blocks around the end of a month are sent again, at once and later, while a view beside the roll-ups fails now and then:
// before the roll-ups have their rows, or after one or both of them.
func TestRollups_count_each_row_once(t *testing.T) {
	t.Parallel()
	c, db, _ := openRollups(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	exec := func(q string) {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	exec(`CREATE TABLE nova.fails (n UInt8) ENGINE = Null`)
	fail := func(how string) {
		exec(`CREATE MATERIALIZED VIEW nova.` + how + ` TO nova.fails AS SELECT throwIf(post_id != '', 'on purpose') AS n FROM nova.post_events`)
	}
	w, failed := newTruth(), 0
	var sent []*Block
	for range 15 {
		blocks := w.batch(random, random.Int32N(3), 1+random.IntN(200), december)
		if random.IntN(3) == 0 {
			name := []string{"a_fails", "post_engagement_i", "z_fails"}[random.IntN(3)]
			fail(name)
			for _, b := range blocks {
				require.ErrorContains(t, c.Insert(t.Context(), b), "on purpose")
				failed++
			}
			exec(`DROP VIEW nova.` + name)
		}
		sent = append(sent, blocks...)
		for _, b := range blocks {
			for range 1 + random.IntN(2) {
				require.NoError(t, c.Insert(t.Context(), b))
			}
			require.NoError(t, c.Insert(t.Context(), sent[random.IntN(len(sent))]))
		}
	}
	require.Positive(t, failed)
	parts := map[string]bool{}
	for _, b := range sent {
		parts[b.Part] = true
	}
	require.Equal(t, map[string]bool{"202411": true, "202412": true}, parts)
	w.check(t, db)
	exec(`OPTIMIZE TABLE nova.post_engagement_hourly FINAL`)
	exec(`OPTIMIZE TABLE nova.post_engagement_minutely FINAL`)
	w.check(t, db)
	for _, b := range sent { // the tokens are known after merges, too
		require.NoError(t, c.Insert(t.Context(), b))
	}
	w.check(t, db)
}

// Without its own window of tokens a target counts twice: the check above can fail.
func TestRollups_need_their_own_window(t *testing.T) {
	c, db, _ := openRollups(t)
	_, err := db.ExecContext(t.Context(), `ALTER TABLE nova.post_engagement_hourly MODIFY SETTING non_replicated_deduplication_window = 0`)
	require.NoError(t, err)
	w := newTruth()
	for _, b := range w.batch(rand.New(rand.NewPCG(1, 1)), 0, 50, november) {
		for range 2 {
			require.NoError(t, c.Insert(t.Context(), b))
		}
	}
	require.Equal(t, w.minutely, readCounts(t, db, summed("minute", "nova.post_engagement_minutely")))
	require.NotEqual(t, w.hourly, readCounts(t, db, summed("hour", "nova.post_engagement_hourly")))
}
