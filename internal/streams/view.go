package streams

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// View is a group table for readers. It follows the changelog of all partitions and reconnects by itself; rows are as
// new as the last record read, and in memory only. They are kept encoded: a reader gets a row of its own.
type View struct {
	cfg      Config
	table    string
	codec    schemas.RowCodec
	onUpdate func(key string, row schemas.Row) // called per partition in log order

	mu    sync.Mutex
	parts map[int32]*viewPart
	id    string // of the topic the rows are from; "" before the first connection
	goka  atomic.Pointer[goka.View]
	full  atomic.Bool  // has been complete once
	gone  atomic.Bool  // the topic of id is no more
	stuck atomic.Int32 // partitions that stand at a record that cannot be taken

	spares sync.Pool // of rows for Look to decode into
}

// NewView prepares a view of a table topic. onUpdate may be nil; it is called from several goroutines, with a row that is
// valid during the call only, nil for a tombstone.
func NewView(cfg Config, table string, codec schemas.RowCodec, onUpdate func(key string, row schemas.Row)) (*View, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if onUpdate == nil {
		onUpdate = func(string, schemas.Row) {}
	}
	return &View{cfg: cfg, table: cfg.topic(table), codec: codec, onUpdate: onUpdate, parts: map[int32]*viewPart{}}, nil
}

// Run follows the table until ctx ends. A view that cannot be built or ends is built anew after a pause; its rows stay, but
// for those of a topic that has been created anew.
func (v *View) Run(ctx context.Context) error {
	for {
		err := v.runOnce(ctx)
		if ctx.Err() != nil { // whatever it ended with, it was asked to
			return nil //nolint:nilerr // see above
		}
		if errors.Is(err, errTopicNew) {
			continue // what it serves is of no more
		}
		v.cfg.Log.WarnContext(ctx, "rebuilding view", "table", v.table, "in", v.cfg.BackoffMax, "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(v.cfg.BackoffMax):
		}
	}
}

func (v *View) runOnce(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := v.identify(ctx, cancel); err != nil {
		return err
	}
	g, err := goka.NewView(v.cfg.Brokers, goka.Table(v.table), v.codec,
		goka.WithViewClientID(v.cfg.ClientID),
		goka.WithViewHasher(murmur2.New),
		goka.WithViewLogger(gokaLog{v.cfg.Log.With("view", v.table)}),
		goka.WithViewConsumerSaramaBuilder(goka.SaramaConsumerBuilderWithConfig(kafka.NewConfig(v.cfg.ClientID))),
		goka.WithViewTopicManagerBuilder(goka.TopicManagerBuilderWithConfig(kafka.NewConfig(v.cfg.ClientID), goka.NewTopicManagerConfig())),
		goka.WithViewStorageBuilder(func(_ string, part int32) (storage.Storage, error) { return v.part(part), nil }),
		goka.WithViewCallback(v.update),
		goka.WithViewAutoReconnect(),
	)
	if err != nil {
		return fmt.Errorf("building view of %s: %w", v.table, err)
	}
	v.goka.Store(g)
	defer v.goka.Store(nil)
	err = g.Run(ctx)
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("running view of %s: %w", v.table, err)
	}
	return errors.New("view ended by itself")
}

// update takes one record of the table. One that cannot be taken comes again and again: what lies behind it is not known
// until then.
func (v *View) update(ctx goka.UpdateContext, _ storage.Storage, key string, value []byte) error {
	p := v.part(ctx.Partition())
	err := p.update(key, value, ctx.Headers())
	switch {
	case err != nil && !p.stuck.Swap(true):
		v.stuck.Add(1)
		v.cfg.Log.Error("a partition of a table cannot be read on", "table", v.table, "partition", ctx.Partition(), "offset", ctx.Offset(), "err", err)
	case err == nil && p.stuck.Swap(false):
		v.stuck.Add(-1)
		v.cfg.Log.Info("a partition of a table is read on", "table", v.table, "partition", ctx.Partition())
	}
	return err
}

// Recovered reports whether the view has read up to the end the table had when it first connected. From then on its
// rows are served: a view that has lost its connection is behind, not empty. One that stands at a record that it cannot
// read is not recovered until it goes on: it would never know what lies behind.
func (v *View) Recovered() bool {
	if v.stuck.Load() > 0 {
		return false
	}
	if v.full.Load() {
		return true
	}
	g := v.goka.Load()
	if g == nil || !g.Recovered() {
		return false
	}
	v.full.Store(true)
	return true
}

// Each calls f for every row, in no order, until f returns false. f must not block: the partition stands still.
func (v *View) Each(f func(key string, row schemas.Row) bool) {
	v.mu.Lock()
	parts := slices.Collect(maps.Values(v.parts))
	v.mu.Unlock()
	for _, p := range parts {
		if !p.each(f) {
			return
		}
	}
}

// Get returns the row of key, and false where there is none.
func (v *View) Get(key string) (schemas.Row, bool) {
	p := v.partOf(key)
	if p == nil {
		return nil, false
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	value, had, err := p.rows.Get(key)
	if !had || err != nil { // memory does not fail
		return nil, false
	}
	row := p.kept(key, value)
	return row, row != nil
}

// Look calls f with the row of key, and reports whether there is one. f must keep nothing of the row, which others are decoded
// into: it is for what is read often.
func (v *View) Look(key string, f func(row schemas.Row)) bool {
	p := v.partOf(key)
	if p == nil {
		return false
	}
	spare, _ := v.spares.Get().(schemas.Row)
	if spare == nil {
		spare = v.codec.New()
	}
	defer v.spares.Put(spare)
	row := p.look(key, spare)
	if row == nil {
		return false
	}
	f(row)
	return true
}

// partOf returns the partition of key, nil where it is not there yet.
func (v *View) partOf(key string) *viewPart {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.parts[murmur2.Partition([]byte(key), int32(max(len(v.parts), 1)))]
}

// Read returns how far the table has been read, by partition: the offset of the newest record, -1 for none. All records up
// to there, whatever they say, are in what Get and Each give and were told to onUpdate before Read returns. Offsets grow,
// but for those of a topic that is created anew, which begin at -1 once the rows of the old one are forgotten. A partition
// that the view has not come to yet may be missing at the end, and all are from when it is noticed that the topic is another
// until the old rows are forgotten.
func (v *View) Read() []int64 {
	if v.gone.Load() {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	var at []int64
	for n, p := range v.parts {
		for int(n) >= len(at) {
			at = append(at, -1)
		}
		at[n] = p.offset.Load()
	}
	return at
}

// part returns the rows of one partition; they outlive a rebuild, which then reads only what is new.
func (v *View) part(n int32) *viewPart {
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.parts[n]
	if p == nil {
		p = &viewPart{view: v, rows: tablestore.NewMemory()}
		p.offset.Store(-1)
		v.parts[n] = p
	}
	return p
}
