package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// fate is what became of a block.
type fate int

const (
	landed  fate = iota // in the table and the views
	changed             // to be sent under another token
	refused             // not in the table, and will never be
)

// errRunning says that an insert of the block is not over.
var errRunning = errors.New("clickhouse: an earlier insert of the block still runs")

// settle waits until nothing that was sent before is under way, and changes the plan where a token is no longer good.
//
// Within one run of the server all are: an insert that is over has kept both token and rows, or neither. A server that is
// killed may have noted a token and not kept the rows. Sent again under it, they would reach the views but not the table;
// so if the server has started anew since the announcement and has no rows of a block, they get a fresh token.
func (p *placement) settle(ctx context.Context) (changed bool, err error) {
	var sent []int // places in the plan
	blocks := p.batch.blocks(p.topicID, p.partition, &p.plan)
	for i, block := range blocks {
		if !p.sent[block.Token()] {
			continue
		}
		sent = append(sent, i)
		running, err := p.table.Inserting(ctx, block)
		if err == nil && running {
			err = errRunning
		}
		if err != nil {
			return false, err
		}
	}
	// Asked after that: if this is still the run of the announcement, so it was when nothing was under way.
	server, err := p.table.Server(ctx)
	if err != nil || server == p.plan.Server {
		return false, err
	}
	plan := slices.Clone(p.plan.Blocks)
	for _, i := range sent {
		rows, err := p.table.Rows(ctx, blocks[i])
		if err != nil {
			return false, err
		}
		if rows == 0 {
			plan[i].Attempt++
			p.metrics.attempted()
		}
	}
	p.plan.Blocks, p.plan.Server = plan, server
	return true, nil
}

// blame says whether a refusal is the rows' fault. It is if none of them is in the table and none can still arrive: then
// they can be sent again in smaller blocks, under other tokens. If they are there, a view has refused them after the table
// took them, and only the same block again brings table and view together.
func (p *placement) blame(ctx context.Context, block *Block, why error) (fate, error, error) {
	there, err := p.there(ctx, block)
	switch {
	case err != nil:
		return 0, nil, errors.Join(why, err)
	case there:
		return 0, nil, fmt.Errorf("the table has the rows, a view does not take them: %w", why)
	case len(block.Rows) == 1 && p.batch.refused >= maxRefused:
		return 0, nil, fmt.Errorf("more than %d rows of a batch are refused: %w", maxRefused, why)
	}
	return refused, why, nil
}

// there reports whether rows of the block are in the table; an insert under way is an error.
func (p *placement) there(ctx context.Context, block *Block) (bool, error) {
	running, err := p.table.Inserting(ctx, block)
	switch {
	case err != nil:
		return false, err
	case running:
		return false, errRunning
	}
	rows, err := p.table.Rows(ctx, block)
	return rows > 0, err
}
