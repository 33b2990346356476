package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// claim turns one partition of the topic into batches, from a committed checkpoint on, for as long as it is ours.
type claim struct {
	mapping  *Mapping
	messages <-chan *sarama.ConsumerMessage
	codec    goka.Codec // of the records
	limits   Limits
	writer   *writer
	gap      func(want, got int64) error // judges records that were skipped
	wrote    func(checkpoint)            // told of each commit

	want int64  // offset expected next
	held *input // received, not yet in a batch
}

// run reads until session ends, which is no error. Work on a batch may go on until work ends.
func (c *claim) run(session, work context.Context, from checkpoint) error {
	c.want = from.next
	if a := from.meta.Announced; a != nil {
		b, err := c.again(session, from, a)
		if err != nil {
			return err
		}
		if from, err = c.writer.write(work, b, a); err != nil {
			return err
		}
		c.wrote(from)
	}
	for {
		b, err := c.collect(session, from)
		if err != nil {
			return err
		}
		if from, err = c.writer.write(work, b, nil); err != nil {
			return err
		}
		c.wrote(from)
	}
}

// again builds the batch of an announced range.
func (c *claim) again(session context.Context, from checkpoint, a *schemas.Announcement) (*batch, error) {
	b := newBatch(c.mapping, from)
	for b.next <= a.Last {
		if err := c.receive(session, nil); err != nil {
			return nil, err
		}
		if c.held.row.Offset > a.Last { // left to write, which compares the ranges
			break
		}
		b.add(*c.held)
		c.held = nil
	}
	return b, nil
}

// collect builds the next batch: as many records as the limits allow, or as arrive while the first of them is young.
func (c *claim) collect(session context.Context, from checkpoint) (*batch, error) {
	b := newBatch(c.mapping, from)
	var due <-chan time.Time
	for !b.full(c.limits) {
		if c.held == nil {
			if err := c.receive(session, due); err != nil {
				return nil, err
			}
			if c.held == nil {
				break
			}
		}
		if !b.fits(*c.held, c.limits) {
			break
		}
		b.add(*c.held)
		c.held = nil
		if due == nil {
			timer := time.NewTimer(c.limits.Age)
			defer timer.Stop()
			due = timer.C
		}
	}
	return b, nil
}

// receive holds the next record, or none if due comes first.
func (c *claim) receive(session context.Context, due <-chan time.Time) error {
	select {
	case <-session.Done():
		return errSessionOver
	case <-due:
		return nil
	case m, open := <-c.messages:
		if !open {
			return errSessionOver
		}
		switch {
		case m.Offset < c.want:
			return fmt.Errorf("%w: %s/%d went back to %d, %d was next", errBackwards, m.Topic, m.Partition, m.Offset, c.want)
		case m.Offset > c.want:
			if err := c.gap(c.want, m.Offset); err != nil {
				return err
			}
		}
		in, err := c.mapping.judge(c.codec, m)
		if err != nil {
			return err
		}
		c.want, c.held = m.Offset+1, &in
		return nil
	}
}

// judge decodes a record and says whether it can be a row.
func (m *Mapping) judge(codec goka.Codec, message *sarama.ConsumerMessage) (input, error) {
	in := input{row: Row{Offset: message.Offset, message: message}, size: len(message.Key) + len(message.Value)}
	decoded, err := m.read(codec, message)
	if err != nil {
		return input{}, fmt.Errorf("decoding %s/%d/%d: %w", message.Topic, message.Partition, message.Offset, err)
	}
	why, unreadable := decoded.(*schemas.Unreadable)
	switch {
	case decoded == nil:
		in.skip = true
	case !unreadable:
		if why, err = m.Judge(decoded); err != nil {
			return input{}, fmt.Errorf("judging %s/%d/%d: %w", message.Topic, message.Partition, message.Offset, err)
		}
		in.row.Record = decoded
	}
	if why != nil {
		in.dead = m.bury(in.row, why)
	}
	return in, nil
}

func (m *Mapping) read(codec goka.Codec, message *sarama.ConsumerMessage) (any, error) {
	if m.Read != nil {
		return m.Read(codec, message)
	}
	return codec.Decode(message.Value)
}
