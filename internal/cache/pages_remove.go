package cache

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"
)

//go:embed pages_remove.lua
var removeText string

var remove = redis.NewScript(removeText)

// What Redis is told at once, so that nobody else waits for long: their answers come together, within one time limit.
const (
	exchange = 100 // changes
	portion  = 500 // pages of each; those that are left are removed next
)

// Remove removes all pages that are made of what changed, and returns how many. If it fails, some changes may have been
// applied: all may be applied again, in any order.
func (p *Pages) Remove(ctx context.Context, changes []Change) (removed int, err error) {
	for {
		r, err := p.current(ctx)
		if err != nil {
			return removed, err
		}
		for some := range slices.Chunk(changes, exchange) {
			n, err := p.removeAll(ctx, r, some)
			if removed += n; err != nil {
				return removed, fmt.Errorf("removing pages: %w", err)
			}
		}
		if p.run.Load().name == r.name { // else Redis has begun anew, and was told of the pages of before
			return removed, nil
		}
	}
}

// removeAll goes on until no pages of the changes are left.
func (p *Pages) removeAll(ctx context.Context, r run, changes []Change) (removed int, err error) {
	for len(changes) > 0 {
		n, left, err := p.remove(ctx, r, changes)
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			if err := remove.Load(ctx, p.client).Err(); err != nil {
				return removed, fmt.Errorf("loading a script: %w", err)
			}
			n, left, err = p.remove(ctx, r, changes)
		}
		if removed += n; err != nil {
			return removed, err
		}
		changes = left
	}
	return removed, nil
}

// remove removes a portion of the pages of each change, and returns of which there are more.
func (p *Pages) remove(ctx context.Context, r run, changes []Change) (removed int, left []Change, err error) {
	answers, err := p.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, c := range changes {
			remove.EvalSha(ctx, pipe, []string{r.index(c.Part), r.marker(c.Part)}, c.Table+"/"+strconv.Itoa(int(c.Partition)), c.Offset, p.cfg.Marker.Milliseconds(), portion)
		}
		return nil
	})
	for i, a := range answers {
		eval, ok := a.(*redis.Cmd)
		if !ok {
			continue
		}
		said, _ := eval.Int64Slice()
		if len(said) != 2 { // it was not done
			continue
		}
		removed += int(said[0])
		if said[1] > 0 {
			left = append(left, changes[i])
		}
	}
	return removed, left, err
}

// Forget removes pages that are made of a part, which has not changed: of more than 500 those that end first.
func (p *Pages) Forget(ctx context.Context, part Part) error {
	r, err := p.current(ctx)
	if err != nil {
		return err
	}
	pages, err := p.client.ZRange(ctx, r.index(part), 0, portion-1).Result()
	if err != nil {
		return fmt.Errorf("looking for pages: %w", err)
	}
	if len(pages) == 0 {
		return nil
	}
	_, err = p.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.Unlink(ctx, pages...)
		pipe.ZRem(ctx, r.index(part), pages)
		return nil
	})
	if err != nil {
		return fmt.Errorf("forgetting pages: %w", err)
	}
	return nil
}
