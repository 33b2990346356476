package reconcile

import (
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// Table is post_events and its views, as this package reads them.
type Table struct{ client *clickhouse.Client }

// NewTable reads through client, which the caller closes.
func NewTable(client *clickhouse.Client) *Table { return &Table{client} }

// Ping reports whether the server answers.
func (t *Table) Ping(ctx context.Context) error { return t.client.Ping(ctx) }

// Chain is where the inserts of one Kafka partition are looked at from.
type Chain struct {
	TopicID   string `ch:"kafka_topic_id"`
	Partition int32  `ch:"kafka_partition"`
	Begin     int64  `ch:"begin"` // first offset looked at
	Start     int64  `ch:"start"` // rows applied before
	Last      int64  `ch:"last"`  // last offset before it, -1 for none
}

// Chains returns the chains of all partitions of all incarnations of the topic, each from the first insert on that has an
// event appended since then.
func (t *Table) Chains(ctx context.Context, since time.Time) ([]Chain, error) {
	return clickhouse.Query[Chain](ctx, t.client, "reconcile_chains", chainsSQL, ch.Named("since", since.UnixMilli()))
}

// Links returns the inserts of a chain in the order of their places.
func (t *Table) Links(ctx context.Context, c Chain) ([]Link, error) {
	rows, err := clickhouse.Query[struct {
		First    int64     `ch:"batch_first"`
		Last     int64     `ch:"batch_last"`
		Before   int64     `ch:"before"`
		Rows     int64     `ch:"rows"`
		Found    int64     `ch:"found"`
		Distinct int64     `ch:"distinct_offsets"`
		Lowest   int64     `ch:"lowest"`
		Highest  int64     `ch:"highest"`
		Oldest   time.Time `ch:"oldest"`
		Newest   time.Time `ch:"newest"`
	}](ctx, t.client, "reconcile_links", linksSQL, ch.Named("topic_id", c.TopicID), ch.Named("partition", c.Partition), ch.Named("begin", c.Begin))
	links := make([]Link, len(rows))
	for i, r := range rows {
		links[i] = Link{r.First, r.Last, r.Before, r.Rows, r.Found, r.Distinct, r.Lowest, r.Highest, r.Oldest.UTC(), r.Newest.UTC()}
	}
	return links, err
}

// Offsets returns how many rows there are of each offset of a stretch, the last included; none of those without a row.
func (t *Table) Offsets(ctx context.Context, topicID string, partition int32, first, last int64) (map[int64]int64, error) {
	rows, err := clickhouse.Query[struct {
		Offset int64 `ch:"kafka_offset"`
		Found  int64 `ch:"found"`
	}](ctx, t.client, "reconcile_offsets", offsetsSQL, ch.Named("topic_id", topicID), ch.Named("partition", partition), ch.Named("first", first), ch.Named("last", last))
	found := make(map[int64]int64, len(rows))
	for _, r := range rows {
		found[r.Offset] = r.Found
	}
	return found, err
}

// Roots counts rows per partition of `events` and slot. The logs are all partitions from 0 on; rows older than the
// floor of their partition, Unix ms, are left out.
func (t *Table) Roots(ctx context.Context, logs []Log, floors []int64) ([]map[int]Slot, error) {
	bounds, cuts, least := make(ch.ArraySet, len(logs)), make(ch.ArraySet, len(logs)), make(ch.ArraySet, len(logs))
	counts := make([]map[int]Slot, len(logs))
	for i, l := range logs {
		each := make(ch.ArraySet, len(l.Bounds))
		for n, b := range l.Bounds {
			each[n] = b
		}
		bounds[i], cuts[i], least[i] = each, l.Cut, floors[i]
		counts[i] = map[int]Slot{}
	}
	rows, err := clickhouse.Query[struct {
		Partition int32 `ch:"root_partition"`
		Slot      int32 `ch:"slot"`
		Found     int64 `ch:"found"`
		Distinct  int64 `ch:"distinct_events"`
	}](ctx, t.client, "reconcile_roots", rootsSQL, ch.Named("bounds", bounds), ch.Named("cuts", cuts), ch.Named("floors", least))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		counts[r.Partition][int(r.Slot)] = Slot{r.Found, r.Distinct}
	}
	return counts, nil
}

// Unplaced returns the rows that name no insert.
func (t *Table) Unplaced(ctx context.Context) ([]Unplaced, error) {
	return clickhouse.Query[Unplaced](ctx, t.client, "reconcile_unplaced", unplacedSQL)
}
