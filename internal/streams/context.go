package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// errUnsupported is why a verb of this layer cannot use the rest of goka.Context.
var errUnsupported = errors.New("streams: a group has one input log and its own table: no loopback, join, delete, deferred commit, or lookup elsewhere")

// taskContext is the goka.Context a verb sees: the record comes from the feed, rows come decoded from the task's table,
// outputs go to its ledger once the verb has returned. It is reused from input to input.
type taskContext struct {
	ctx   context.Context //nolint:containedctx // goka's Context has one to return
	task  *task
	rec   *kgo.Record
	key   string
	name  string // of the row in the table
	entry *entry // the row, nil for none
	pos   schemas.Position
	outs  []*kgo.Record
	row   schemas.Row // row to keep, nil for no change
	n     int32       // outputs that carry an origin so far
	err   error       // first failure; ends the stage after the verb returns
	large error       // why the input cannot be processed for the size of what comes of it
}

var _ goka.Context = (*taskContext)(nil)

// begin prepares c for one record.
func (c *taskContext) begin(ctx context.Context, rec *kgo.Record, key string, pos schemas.Position) {
	c.ctx, c.rec, c.key, c.name, c.pos = ctx, rec, key, key, pos
	if name := c.task.opts.RowKey; name != nil {
		c.name = name(key)
	}
	c.entry, c.row, c.n, c.err, c.large = nil, nil, 0, nil, nil
	clear(c.outs)
	c.outs = c.outs[:0]
}

// Topic returns the topic of the record, as the topology names it.
func (c *taskContext) Topic() goka.Stream { return goka.Stream(c.task.input) }

// Key returns the key of the record.
func (c *taskContext) Key() string { return c.key }

// Partition returns the partition of the record.
func (c *taskContext) Partition() int32 { return c.task.part }

// Offset returns the offset of the record.
func (c *taskContext) Offset() int64 { return c.rec.Offset }

// Group returns the group, as the topology names it.
func (c *taskContext) Group() goka.Group { return goka.Group(c.task.group) }

// Headers returns the headers of the record, nil for none.
func (c *taskContext) Headers() goka.Headers {
	var h goka.Headers
	for _, r := range c.rec.Headers {
		if h == nil {
			h = goka.Headers{}
		}
		h[r.Key] = r.Value
	}
	return h
}

// Timestamp returns when the broker appended the record, where the topic is stamped by the broker.
func (c *taskContext) Timestamp() time.Time { return c.rec.Timestamp }

// Context returns a context that ends when the stage does.
func (c *taskContext) Context() context.Context { return c.ctx }

// Value returns the row of the input's key, or nil. A verb that changes it must set it.
func (c *taskContext) Value() any {
	if c.entry == nil || c.entry.row == nil {
		return nil
	}
	return c.entry.row
}

// SetValue makes v, a schemas.Row, the row of the input's key.
func (c *taskContext) SetValue(v any, _ ...goka.ContextOption) {
	row, ok := v.(schemas.Row)
	if !ok || c.task.table == nil {
		c.Fail(fmt.Errorf("streams: group %s cannot keep a %T", c.task.group, v))
		return
	}
	c.row = row
}

// Emit sends v to topic, stamped with the origin of the current input.
func (c *taskContext) Emit(topic goka.Stream, key string, v any, _ ...goka.ContextOption) {
	if d, ok := v.(schemas.Derived); ok {
		d.SetOrigin(schemas.Origin{Emitter: c.task.group, Epoch: c.pos.Epoch, Partition: c.task.part, Offset: c.pos.Offset, N: c.n})
		c.n++
	}
	r, large, err := c.task.encode(topic, key, v)
	if err != nil {
		c.Fail(err)
		return
	}
	if c.large == nil {
		c.large = large
	}
	r.Timestamp = c.task.now // kgo would ask the clock for each
	c.outs = append(c.outs, r)
}

// Fail ends the stage: the input is not committed and is read again after the rebuild.
func (c *taskContext) Fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// Loopback is not supported.
func (c *taskContext) Loopback(string, any, ...goka.ContextOption) { c.Fail(errUnsupported) }

// Join is not supported.
func (c *taskContext) Join(goka.Table) any { c.Fail(errUnsupported); return nil }

// Lookup returns another row of the group's own table in this partition, under the name that the table has it by, or nil.
// It must not be changed. After a crash it may have seen inputs that come behind this one: what a verb does must come to
// the same then.
func (c *taskContext) Lookup(table goka.Table, name string) any {
	if c.task.table == nil || table != goka.GroupTable(c.Group()) {
		c.Fail(errUnsupported)
		return nil
	}
	row, err := c.task.table.peek(name)
	if err != nil {
		c.Fail(err)
		return nil
	}
	if row == nil {
		return nil
	}
	return row
}

// Delete is not supported: deletes are values, so that a late record still meets the row's position.
func (c *taskContext) Delete(...goka.ContextOption) { c.Fail(errUnsupported) }

// DeferCommit is not supported: an input is committed when its epoch is durable.
func (c *taskContext) DeferCommit() func(error) { c.Fail(errUnsupported); return func(error) {} }
