package views

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// Progress is how far the sink has come.
type Progress struct {
	TopicID   string   // incarnation of its topic
	Committed []int64  // offset of each partition
	Runs      []uint64 // runs of the server that announced inserts are meant for which are not finished
}

// Repairer adds to roll-ups what they lack of post_events. Within one run of the server they lack nothing: the sink repeats
// what was cut off until table and views have it. But a server that is killed may have noted the token of a view's rows and
// not kept the rows; then it takes the repeat for known. So each run of the server begins with comparisons.
type Repairer struct {
	client    *clickhouse.Client
	retention clickhouse.Retention
	progress  func(context.Context) (Progress, error)
	metrics   *Metrics
	log       *slog.Logger

	mu     sync.Mutex
	agreed uint64 // run of the server in which all was found to agree
	run    uint64 // run of the comparisons counted in clean
	clean  int    // comparisons in a row without a finding
}

// NewRepairer returns a repairer. The client may write, and its queries may read all of post_events.
func NewRepairer(client *clickhouse.Client, retention clickhouse.Retention, progress func(context.Context) (Progress, error), metrics *Metrics, log *slog.Logger) *Repairer {
	return &Repairer{client: client, retention: retention, progress: progress, metrics: metrics, log: log}
}

const (
	enoughClean = 2       // the first may have read post_events a moment before a roll-up
	maxBuckets  = 10_000  // compared post by post at a time
	maxAdded    = 100_000 // rows of a repair
)

// Run compares once, unless all was found to agree since the server started, and adds what is lacking.
func (r *Repairer) Run(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	run, err := r.client.Server(ctx)
	if err != nil || run == r.agreed {
		return err
	}
	if run != r.run {
		r.run, r.clean = run, 0
	}
	last, agreed, err := r.repairs(ctx, run, "")
	if err != nil {
		return err
	}
	if agreed {
		r.agreed = run
		return nil
	}
	clean, err := r.compare(ctx, run)
	switch {
	case err != nil:
		return err
	case !clean:
		r.clean = 0
		return nil
	}
	if r.clean++; r.clean < enoughClean {
		return nil
	}
	if err := r.note(ctx, last+1, run, "", 0); err != nil {
		return err
	}
	r.agreed = run
	return nil
}

// compare compares all roll-ups and adds what they lack. It is clean if there was nothing to add and nothing unclear.
func (r *Repairer) compare(ctx context.Context, run uint64) (clean bool, err error) {
	clean = true
	for _, v := range all {
		if v.rollUp == nil {
			continue
		}
		whole, err := r.repair(ctx, run, v)
		if err != nil {
			return false, err
		}
		clean = clean && whole
	}
	return clean, nil
}

// repair compares one roll-up and adds what it lacks.
//
// The number of a repair is read before comparing and noted after adding. So of two processes that add under one number
// only the first does, and who finds a number noted sees in the comparison what was added under it.
func (r *Repairer) repair(ctx context.Context, run uint64, v view) (clean bool, err error) {
	last, _, err := r.repairs(ctx, run, v.target)
	if err != nil {
		return false, err
	}
	at, err := r.progress(ctx)
	if err != nil {
		return false, fmt.Errorf("asking how far the sink is: %w", err)
	}
	for _, announced := range at.Runs {
		if announced != run {
			return false, nil // a sink has yet to find out what became of that insert
		}
	}
	found, err := r.lacking(ctx, v, at)
	if err != nil {
		return false, fmt.Errorf("comparing %s with the rows: %w", v.target, err)
	}
	add, unclear := sortOut(found)
	if len(add) == 0 {
		return !unclear, nil
	}
	rows := 0
	for month, lacking := range add {
		if err := r.add(ctx, v, fmt.Sprintf("repair/%d/%s/%s", last+1, v.target, month), lacking); err != nil {
			return false, fmt.Errorf("adding to %s: %w", v.target, err)
		}
		rows += len(lacking)
	}
	r.metrics.repaired(v.name, rows)
	r.log.LogAttrs(ctx, slog.LevelWarn, "a roll-up lacked rows of an insert that the server's end cut off; they are added",
		slog.String("view", v.name), slog.Int("rows", rows))
	return false, r.note(ctx, last+1, run, v.target, rows)
}

// repairs returns the number of the last repair of a roll-up, or of the last time when all agreed (no target), and whether
// there was one in a run of the server.
func (r *Repairer) repairs(ctx context.Context, run uint64, target string) (last uint64, noted bool, err error) {
	row, err := clickhouse.QueryRow[struct {
		Last  uint64 `ch:"last"`
		Noted uint64 `ch:"noted"`
	}](ctx, r.client, "repairs", repairsSQL, ch.Named("server", run), ch.Named("target", target))
	return row.Last, row.Noted > 0, err
}

// note writes down a repair, or with an empty target that all agrees.
func (r *Repairer) note(ctx context.Context, number, run uint64, target string, rows int) error {
	return r.client.Exec(ctx, "note_repair", "INSERT INTO post_engagement_repairs (number, server, target, rows) VALUES (@number, @server, @target, @rows)",
		ch.Named("number", number), ch.Named("server", run), ch.Named("target", target), ch.Named("rows", rows))
}

// lacking returns where a roll-up says less than the rows, or may: up to maxAdded places and one page of buckets more.
func (r *Repairer) lacking(ctx context.Context, v view, at Progress) (found []difference, err error) {
	since, before := r.since(v, time.Now()), endOfTime
	for len(found) < maxAdded {
		buckets, err := clickhouse.Query[struct {
			Begin int64 `ch:"bucket"`
		}](ctx, r.client, "differing", v.in(differingSQL), ch.Named("since", since), ch.Named("before", before), ch.Named("limit", maxBuckets))
		if err != nil || len(buckets) == 0 {
			return found, err
		}
		begins := make(ch.ArraySet, len(buckets))
		for i, b := range buckets {
			begins[i] = b.Begin
		}
		committed := make(ch.ArraySet, len(at.Committed))
		for i, o := range at.Committed {
			committed[i] = o
		}
		first, last := buckets[len(buckets)-1].Begin, buckets[0].Begin
		page, err := clickhouse.Query[difference](ctx, r.client, "lacking", v.in(lackingSQL), ch.Named("topic_id", at.TopicID), ch.Named("committed", committed),
			ch.Named("buckets", begins), ch.Named("first", first), ch.Named("end", last+int64(v.bucket/time.Second)), ch.Named("limit", maxAdded))
		if err != nil {
			return nil, err
		}
		found = append(found, page...)
		if len(buckets) < maxBuckets {
			break
		}
		before = first
	}
	return found, nil
}

// endOfTime is where the server's dates end, Unix seconds.
const endOfTime = int64(1)<<32 - 1

// since is the time, Unix seconds, from which on neither the rows nor the roll-up have gone for their age.
func (r *Repairer) since(v view, now time.Time) int64 {
	var since int64
	for _, keep := range []time.Duration{r.retention.PostEvents, v.keep(r.retention)} {
		if keep > 0 {
			since = max(since, now.Add(24*time.Hour-keep).Unix())
		}
	}
	return since
}

// add inserts what a roll-up lacks as one block into one of its partitions, under a token.
func (r *Repairer) add(ctx context.Context, v view, token string, rows []difference) error {
	return r.client.Do(ctx, "repair", func(ctx context.Context, conn driver.Conn) error {
		ctx = ch.Context(ctx, ch.WithSettings(ch.Settings{"async_insert": 0, "insert_deduplicate": 1, "insert_deduplication_token": token}))
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+v.target+" ("+v.column+", post_id, views, likes, comments, shares, impressions, dwell_ms)")
		if err != nil {
			return err
		}
		defer func() { _ = batch.Close() }() // without effect once sent
		for _, d := range rows {
			if err := batch.Append(time.Unix(d.Bucket, 0).UTC(), d.PostID, uint64(d.Views), uint64(d.Likes), uint64(d.Comments), uint64(d.Shares), uint64(d.Impressions), d.DwellMS); err != nil {
				return err
			}
		}
		return batch.Send()
	})
}
