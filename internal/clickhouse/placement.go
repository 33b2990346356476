package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// maxRefused is how many rows of a batch become dead letters because the table refuses them. With more it is not the
// rows that are wrong: the batch is tried until somebody mends the table. It also bounds the metadata of the commit.
const maxRefused = 100

// placement brings the rows of one batch into the table, block by block.
type placement struct {
	*writer
	batch    *batch
	plan     schemas.Announcement // the blocks still to be inserted
	accepted time.Time            // when the coordinator took the plan as it is; zero if it has not
	sent     map[string]bool      // tokens under which something may have been sent
}

// takeOver goes on with what somebody announced and may have inserted.
func (p *placement) takeOver(a *schemas.Announcement) {
	p.plan = *a
	p.plan.Blocks, p.plan.Refused = slices.Clone(a.Blocks), slices.Clone(a.Refused)
	for range a.Refused {
		p.batch.refuse()
	}
	for _, block := range p.batch.blocks(p.topicID, p.partition, a) {
		p.sent[block.Token()] = true
	}
}

// next inserts the first block that is left, or changes the plan by what became of it.
func (p *placement) next(ctx context.Context) error {
	planned := p.plan.Blocks[0]
	block := p.batch.block(p.topicID, p.partition, &p.plan, planned)
	fate, why, err := p.place(ctx, block)
	switch {
	case err != nil:
		return err
	case fate == landed:
		p.plan.Blocks = p.plan.Blocks[1:]
		return nil // as announced; what follows is announced, too
	case fate == changed:
	case len(block.Rows) > 1:
		left, right := halves(planned, block)
		p.plan.Blocks = append([]schemas.AnnouncedBlock{left, right}, p.plan.Blocks[1:]...)
		p.metrics.halved()
	default:
		if err := p.refuse(ctx, block.Rows[0], why); err != nil {
			return err
		}
		p.plan.Blocks = p.plan.Blocks[1:]
	}
	p.accepted = time.Time{} // another plan, to be announced
	return nil
}

// place inserts a block until it is clear what has become of it; why is the server's reason to refuse it.
func (p *placement) place(ctx context.Context, block *Block) (fate fate, why, err error) {
	err = p.insist(ctx, "inserting into ClickHouse", func(ctx context.Context) error {
		before := p.sent[block.Token()]
		if before {
			other, err := p.settle(ctx)
			if err != nil {
				return err
			}
			if other {
				fate = changed
				return nil
			}
		}
		if err := p.announce(ctx); err != nil { // last, right before the insert
			return err
		}
		p.sent[block.Token()] = true
		begin := p.now()
		err := p.table.Insert(ctx, block)
		p.metrics.inserted(p.now().Sub(begin), err)
		switch Kind(err) { //nolint:exhaustive // the others are tried again
		case KindBreakerOpen:
			p.sent[block.Token()] = before
		case KindSyntax: // a column may be missing
			err = errors.Join(err, p.table.Prepare(ctx, block.Mapping, block.Columns, block.More))
		case KindRefused:
			fate, why, err = p.blame(ctx, block, err)
		}
		return err
	})
	return fate, why, err
}

// announce commits the plan. That holds for a while only, so that a process that was frozen, or waited long for the
// server, asks again whether it is still wanted.
func (p *placement) announce(ctx context.Context) error {
	if !p.accepted.IsZero() && p.now().Sub(p.accepted) <= p.valid {
		return nil
	}
	asked, a := p.now(), p.plan
	if err := p.ledger.commit(ctx, p.batch.announced(&a)); err != nil {
		p.metrics.refused(err)
		return permanent(fmt.Errorf("announcing [%d..%d] of partition %d: %w", a.First, a.Last, p.partition, err))
	}
	p.accepted = asked
	return nil
}

// refuse makes a dead letter of a row.
func (p *placement) refuse(ctx context.Context, row Row, why error) error {
	letter := p.batch.mapping.badRow(row, why)
	err := p.insist(ctx, "sending a dead letter", func(ctx context.Context) error { return p.dead.send(ctx, []*schemas.DeadLetter{letter}) })
	if err != nil {
		return err
	}
	p.batch.refuse()
	p.plan.Refused = append(slices.Clone(p.plan.Refused), row.Offset)
	return nil
}
