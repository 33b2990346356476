package streams

import (
	"errors"
	"fmt"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

type gokaContext = goka.Context // an embedded field named Context would hide the method of that name

// errUnsupported is why a verb of this layer cannot use the rest of goka.Context.
var errUnsupported = errors.New("streams: a group has one input log and its own table: no loopback, join, lookup, delete or deferred commit")

// taskContext is the goka.Context a verb sees: rows come decoded from the task's table, outputs go to its ledger.
// It is reused from input to input.
type taskContext struct {
	gokaContext
	task  *task
	entry *entry // row of the key, nil for none
	pos   schemas.Position
	n     int32 // outputs so far
	err   error // first failure; ends the stage after the verb returns
}

// Value returns the row of the input's key, or nil. A verb that changes it must set it.
func (c *taskContext) Value() any {
	if c.entry == nil {
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
	c.task.table.set(c.Key(), row, c.pos)
}

// Emit sends v to topic, stamped with the origin of the current input.
func (c *taskContext) Emit(topic goka.Stream, key string, v any, _ ...goka.ContextOption) {
	codec := c.task.outputs[string(topic)]
	if codec == nil {
		c.Fail(fmt.Errorf("streams: %q is not an output of group %s", topic, c.task.group))
		return
	}
	if d, ok := v.(schemas.Derived); ok {
		d.SetOrigin(schemas.Origin{Emitter: c.task.group, Epoch: c.pos.Epoch, Partition: c.task.part, Offset: c.pos.Offset, N: c.n})
		c.n++
	}
	value, err := codec.Encode(v)
	if err != nil {
		c.Fail(fmt.Errorf("encoding %T for %s: %w", v, topic, err))
		return
	}
	c.task.ledger.output(&kgo.Record{Topic: string(topic), Key: []byte(key), Value: value})
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

// Lookup is not supported.
func (c *taskContext) Lookup(goka.Table, string) any { c.Fail(errUnsupported); return nil }

// Delete is not supported: deletes are values, so that a late record still meets the row's position.
func (c *taskContext) Delete(...goka.ContextOption) { c.Fail(errUnsupported) }

// DeferCommit is not supported: an input is committed when its epoch is durable.
func (c *taskContext) DeferCommit() func(error) { c.Fail(errUnsupported); return func(error) {} }
