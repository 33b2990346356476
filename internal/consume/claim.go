package consume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/deadletter"
	"github.com/nova-social/nova-streams/schemas"
)

// errSessionOver says that the partition was taken away or the consumer is to stop.
var errSessionOver = errors.New("consume: the partition is no longer ours")

// claim handles one partition, from the committed offset on, for as long as it is ours.
type claim struct {
	*session
	self      commits.Member
	partition int32
	messages  <-chan *sarama.ConsumerMessage
	meta      schemas.CommitMeta // beside the offset that was committed last
}

// batch is what is handled and committed together.
type batch struct {
	records []Record // to be handled
	dead    []*schemas.DeadLetter
	skipped int
	size    int // records read, whatever becomes of them
	after   commits.Checkpoint
}

// run reads until session ends or something fails, and says why. Work on a batch may go on until work ends.
func (c *claim) run(session, work context.Context) error {
	for {
		b, err := c.collect(session)
		if err != nil {
			return err
		}
		if len(b.records) > 0 {
			if err := c.insist(session, c.partition, "handling a batch", func() error { return c.work.Handle(work, b.records) }); err != nil {
				return err
			}
		}
		if len(b.dead) > 0 {
			if err := c.insist(session, c.partition, "sending dead letters", func() error { return c.dead.Send(b.dead) }); err != nil {
				return err
			}
		}
		if err := c.Offsets.Commit(work, c.self, c.partition, b.after); err != nil {
			return fmt.Errorf("committing %d of partition %d: %w", b.after.Next, c.partition, err)
		}
		c.meta = b.after.Meta
		c.metrics.committed(b)
		c.standing.Committed()
	}
}

// collect builds the next batch: as many records as it may have, or as arrive while the first of them is young.
func (c *claim) collect(session context.Context) (*batch, error) {
	b := &batch{after: commits.Checkpoint{Meta: c.meta}}
	var due <-chan time.Time
	for b.size < c.cfg.MaxBatch {
		select {
		case <-session.Done():
			return nil, errSessionOver
		case <-due:
			return b, nil
		case m, open := <-c.messages:
			if !open {
				return nil, errSessionOver
			}
			if err := c.add(b, m); err != nil {
				return nil, err
			}
		}
		if due == nil {
			timer := time.NewTimer(c.cfg.MaxWait)
			defer timer.Stop()
			due = timer.C
		}
	}
	return b, nil
}

// add decodes the next record and says what becomes of it.
func (c *claim) add(b *batch, m *sarama.ConsumerMessage) error {
	value, err := c.deps.Records.Decode(m.Value)
	if err != nil {
		return fmt.Errorf("decoding %s/%d/%d: %w", m.Topic, m.Partition, m.Offset, err)
	}
	handle := false
	why, unreadable := value.(*schemas.Unreadable)
	if !unreadable {
		handle, why = c.work.Judge(value)
	}
	outcome := schemas.Skipped
	switch {
	case why != nil:
		outcome = schemas.Dead
		b.dead = append(b.dead, deadletter.New(m, c.cfg.Group, why))
	case handle:
		outcome = schemas.Applied
		b.records = append(b.records, Record{value, m.Partition, m.Offset})
	default:
		b.skipped++
	}
	b.size++
	b.after.Next = m.Offset + 1
	b.after.Meta.Accounting.Count(outcome)
	return nil
}
