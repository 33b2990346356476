package reconcile

import (
	"context"
	"fmt"

	"github.com/nova-social/nova-streams/internal/streams"
)

// chains looks at the inserts of each Kafka partition, of all incarnations of the topic.
func (c *run) chains(ctx context.Context) error {
	chains, err := c.Table.Chains(ctx, c.Since)
	if err != nil {
		return fmt.Errorf("looking for chains of inserts: %w", err)
	}
	commits := map[int32]streams.PartitionStatus{}
	for _, p := range c.sink().Partitions {
		commits[p.Partition] = p
	}
	seen := map[int32]bool{}
	var judged []*chain
	look := func(ch Chain, commit *streams.PartitionStatus) error {
		judge, err := c.chain(ctx, ch, commit)
		judged = append(judged, judge)
		return err
	}
	for _, ch := range chains {
		if ch.TopicID != c.id {
			if err := look(ch, nil); err != nil {
				return err
			}
			continue
		}
		p, has := commits[ch.Partition]
		if !has {
			continue // added after the groups were asked
		}
		seen[ch.Partition] = true
		if err := look(c.fromAccounting(ch, p), &p); err != nil {
			return err
		}
	}
	for _, p := range c.sink().Partitions { // not even one row
		if !seen[p.Partition] && p.Committed >= 0 {
			if err := look(c.fromAccounting(Chain{TopicID: c.id, Partition: p.Partition, Last: -1}, p), &p); err != nil {
				return err
			}
		}
	}
	until, err := c.announced(ctx)
	if err != nil {
		return err
	}
	for _, judge := range judged {
		if judge.topicID == c.id {
			judge.announced(until[judge.partition])
		}
		c.Inserts = append(c.Inserts, judge.report())
		c.Findings = append(c.Findings, judge.findings...)
	}
	return nil
}

// fromAccounting lets a chain begin where the accounting of its partition does, if that was begun anew.
func (c *run) fromAccounting(ch Chain, p streams.PartitionStatus) Chain {
	if base := p.Committed - p.Meta.Accounting.In; p.Committed >= 0 && base > 0 {
		c.note("not comparable before offset %d of %s/%d: the accounting of %s begins there", base, c.Flow.sink().Topic, p.Partition, c.Flow.sink().Group)
		return Chain{TopicID: ch.TopicID, Partition: ch.Partition, Begin: base, Start: 0, Last: base - 1}
	}
	return ch
}

// chain judges the inserts of one partition up to its commit; all of them if that is nil.
func (c *run) chain(ctx context.Context, ch Chain, commit *streams.PartitionStatus) (*chain, error) {
	c.tell(fmt.Sprintf("looking at the inserts of %s/%d", c.Flow.sink().Topic, ch.Partition))
	links, err := c.Table.Links(ctx, ch)
	if err != nil {
		return nil, fmt.Errorf("reading the inserts of partition %d: %w", ch.Partition, err)
	}
	next := int64(noEnd)
	if commit != nil {
		next = max(commit.Committed, 0)
	}
	judge := newChain(c.Flow.sink().Topic, ch.TopicID, ch.Partition, ch.Start, ch.Last, next)
	for _, l := range links {
		judge.add(l)
	}
	if commit != nil {
		judge.end(commit.Meta.Accounting.Applied)
	}
	return judge, nil
}

// announced returns, by partition, the offset behind the last range that the sink may have written by now. What was read
// before was announced before, so it is asked once, after all chains were read.
func (c *run) announced(ctx context.Context) (map[int32]int64, error) {
	after, err := c.Broker.Groups(ctx, []streams.Input{c.Flow.sink()})
	if err != nil {
		return nil, fmt.Errorf("asking how %s stands: %w", c.Flow.sink().Group, err)
	}
	until := map[int32]int64{}
	for _, p := range after[0].Partitions {
		until[p.Partition] = max(p.Committed, 0)
		if a := p.Meta.Announced; a != nil {
			until[p.Partition] = a.Last + 1
		}
	}
	return until, nil
}
