package streams

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// runNearLimit is run for a row that one more input could make too large for its changelog: it is looked at after the
// verb, and put back as it was if it is. Rows are far from the limit nearly always, so this may cost.
func (t *task) runNearLimit(msg any) (schemas.Outcome, error) {
	c := &t.ctx
	var before []byte
	if c.entry != nil && c.entry.row != nil {
		var err error
		if before, err = t.table.codec.Encode(c.entry.row); err != nil {
			return 0, fmt.Errorf("encoding row %q before it grows: %w", c.key, err)
		}
		c.entry.size, c.entry.grown = len(before), 0
	}
	outcome := t.verb(c, msg)
	if c.err == nil && c.row != nil && c.large == nil {
		c.row.SetLast(c.pos)
		after, err := t.table.codec.Encode(c.row)
		if err != nil {
			return 0, fmt.Errorf("encoding row %q: %w", c.key, err)
		}
		if size := len(c.name) + len(after); size > t.table.limit {
			c.large = fmt.Errorf("the row of %.100q would have %d bytes, at most %d are kept", c.key, size, t.table.limit)
		}
	}
	if c.large == nil {
		return outcome, t.keep()
	}
	if before != nil {
		row, err := t.table.decode(c.name, before)
		if err != nil {
			return 0, err
		}
		c.entry.row = row
	}
	return t.refuse()
}

// refuseLarge handles an output that turned out too large after the verb may have changed the row in place. A row that
// is as the changelog has it is read again; else the stage begins again and takes this input with care.
func (t *task) refuseLarge() (schemas.Outcome, error) {
	c := &t.ctx
	if e := c.entry; e != nil {
		if e.dirty || e.flying > 0 {
			t.again(t.part, c.rec.Offset)
			return 0, fmt.Errorf("streams: taking %s/%d at %d again, with care: %w", t.input, t.part, c.rec.Offset, c.large)
		}
		delete(t.table.hot, c.name)
	}
	return t.refuse()
}

// refuseMisplaced has a record dead-lettered that cannot be sent on to its partition. It came compressed: a producer
// measures what it sends before that.
func (t *task) refuseMisplaced(ctx context.Context, rec *kgo.Record, size int) (schemas.Outcome, error) {
	c := &t.ctx
	c.begin(ctx, rec, string(rec.Key), schemas.Position{Epoch: t.epoch, Offset: rec.Offset})
	c.large = fmt.Errorf("the record lies in another partition than its key's and has %d bytes, at most %d can be sent on", size, t.outputs[t.input].limit)
	return t.refuse()
}

// refuse has the current input dead-lettered for what was too large; nothing of what the verb did remains. A letter that
// is too large itself does without the value.
func (t *task) refuse() (schemas.Outcome, error) {
	c := &t.ctx
	if c.err != nil {
		return 0, c.err
	}
	why := c.large
	if t.opts.Refuse == nil {
		return 0, why
	}
	c.begin(c.ctx, c.rec, c.key, c.pos)
	outcome := t.opts.Refuse(c, why, c.rec.Value, len(c.rec.Value))
	if c.large != nil && c.err == nil {
		why = fmt.Errorf("%w; the value of %d bytes is left out, as the letter is too large with it", why, len(c.rec.Value))
		c.begin(c.ctx, c.rec, c.key, c.pos)
		outcome = t.opts.Refuse(c, why, []byte{}, len(c.rec.Value))
	}
	if c.large != nil { // there is no room for any letter
		return 0, fmt.Errorf("streams: refusing %s/%d at %d: %w", t.input, t.part, c.rec.Offset, c.large)
	}
	return outcome, t.keep()
}
