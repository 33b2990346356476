package clickhouse

import (
	"context"
	"fmt"

	"github.com/nova-social/nova-streams/schemas"
)

// replace brings the rows of a batch of a Replacing mapping into the table. They may be there already, or come again: of
// the rows of one key the highest version counts.
func (w *writer) replace(ctx context.Context, b *batch, _ *schemas.Announcement) error {
	plan := b.announcement(0)
	for len(plan.Blocks) > 0 {
		planned := plan.Blocks[0]
		block := b.block(w.topicID, w.partition, plan, planned)
		why, err := w.put(ctx, b, block)
		if err != nil {
			return err
		}
		plan.Blocks = plan.Blocks[1:]
		switch {
		case why == nil:
		case len(block.Rows) > 1:
			left, right := halves(planned, block)
			plan.Blocks = append([]schemas.AnnouncedBlock{left, right}, plan.Blocks...)
			w.metrics.halved()
		default:
			b.refuse()
			b.dead = append(b.dead, b.mapping.badRow(block.Rows[0], why))
		}
	}
	return nil
}

// put inserts a block. It returns why the table does not take it; nil if it has.
func (w *writer) put(ctx context.Context, b *batch, block *Block) (why, err error) {
	err = w.insist(ctx, "inserting into ClickHouse", func(ctx context.Context) error {
		if err := w.prepare(ctx, b); err != nil {
			return err
		}
		begin := w.now()
		err := w.table.Insert(ctx, block)
		w.metrics.inserted(w.now().Sub(begin), err)
		switch Kind(err) { //nolint:exhaustive // the others are tried again
		case KindSyntax: // a column may be missing
			if err := w.table.Prepare(ctx, block.Mapping, block.Columns, block.More); err != nil {
				return err
			}
			return w.table.Insert(ctx, block)
		case KindRefused:
			if len(block.Rows) == 1 && b.refused >= maxRefused {
				return fmt.Errorf("more than %d rows of a batch are refused: %w", maxRefused, err)
			}
			why, err = err, nil
		}
		return err
	})
	return why, err
}
