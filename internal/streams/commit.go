package streams

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/commits"
)

// metaAlarm is the share of the broker's limit from which metadata beside an offset is worth a warning.
const metaAlarm = 0.75

// commitPatience bounds one request: the client would try for long, and a partition that is given away waits for it.
const commitPatience = time.Second

// commitAgainAndAgain commits what is durable every CommitInterval until ctx ends.
func (se *session) commitAgainAndAgain(ctx context.Context) {
	ticker := time.NewTicker(se.cfg.CommitInterval)
	defer ticker.Stop()
	refused := 0
	for {
		select {
		case <-ticker.C:
			err := se.commitDurable(ctx)
			if err == nil {
				refused = 0
			} else if refused++; refused == 10 && ctx.Err() == nil { // a rebalance refuses a few
				se.cfg.Log.WarnContext(ctx, "commits are refused again and again", "group", se.group, "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

func (se *session) commitDurable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, commitPatience)
	defer cancel()
	se.committed.Lock()
	defer se.committed.Unlock()
	at := map[*part]checkpoint{}
	for p := range se.owned() {
		if d := p.task.durable(); d.next != p.saved.next {
			at[p] = d
		}
	}
	return se.commit(ctx, at)
}

// commitLast commits what was durable at the end of some tasks. It waits for a commit under way, which may be older, and
// tries again for a while: a rebalance refuses commits for a moment. Without a lease they would be refused for good.
func (se *session) commitLast(at map[*part]checkpoint) {
	se.committed.Lock()
	defer se.committed.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), min(se.cfg.DrainTimeout, 2*time.Second))
	defer cancel()
	maps.DeleteFunc(at, func(p *part, cp checkpoint) bool { return cp.next == p.saved.next })
	for len(at) > 0 && se.lease.valid() {
		err := se.commit(ctx, at)
		if err == nil {
			return
		}
		if ctx.Err() != nil || !se.lease.valid() || !errors.Is(err, kerr.RebalanceInProgress) {
			se.cfg.Log.Warn("last commit refused; the next owner does the rest again", "group", se.group, "err", err)
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// commit asks the coordinator to accept checkpoints and removes from at those it has accepted. The committed lock must be
// held.
func (se *session) commit(ctx context.Context, at map[*part]checkpoint) error {
	if len(at) == 0 {
		return nil
	}
	member, generation := se.member.GroupMetadata()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.MemberID, req.Generation, req.InstanceID = se.group, member, generation, &se.instance
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic, topic.TopicID = se.input, se.facts.inputID // an old topic's offsets are refused by its id
	asked := map[int32]*part{}
	for p, cp := range at {
		asked[p.n] = p
		meta := cp.meta.Encode()
		if err := se.checkMeta(p, len(meta)); err != nil {
			return err
		}
		rp := kmsg.NewOffsetCommitRequestTopicPartition()
		rp.Partition, rp.Offset, rp.Metadata = p.n, cp.next, &meta
		topic.Partitions = append(topic.Partitions, rp)
	}
	req.Topics = append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, se.member)
	if err != nil {
		se.tasks.metrics.unanswered(len(at))
		return fmt.Errorf("%w: %s: %w", commits.ErrFailed, se.group, err)
	}
	for _, t := range resp.Topics {
		for _, rp := range t.Partitions {
			refusal := kerr.ErrorForCode(rp.ErrorCode)
			se.tasks.metrics.commit(refusal)
			switch {
			case errors.Is(refusal, kerr.FencedInstanceID):
				se.stage.fail(se.fenced())
				return refusal
			case refusal != nil:
				err = fmt.Errorf("%w: %s for %s/%d: %w", commits.ErrFailed, se.group, se.input, rp.Partition, refusal)
			default:
				p := asked[rp.Partition]
				p.saved = at[p]
				p.task.commit(p.saved)
				p.commits.Add(1)
				delete(at, p)
			}
		}
	}
	return err
}

// checkMeta watches the size of the metadata: a broker refuses offsets with more than its limit.
func (se *session) checkMeta(p *part, size int) error {
	before := p.metaBytes.Swap(int64(size))
	se.tasks.metrics.meta(p.n, size, se.facts.metaLimit)
	alarm := int64(metaAlarm * float64(se.facts.metaLimit))
	if int64(size) > alarm && before <= alarm {
		se.cfg.Log.Error("the metadata beside committed offsets nears the broker's limit; raise offset.metadata.max.bytes", "group", se.group, "partition", p.n, "bytes", size, "limit", se.facts.metaLimit)
	}
	if size > se.facts.metaLimit {
		err := fmt.Errorf("streams: the metadata of %s/%d has %d bytes, the broker takes %d: raise offset.metadata.max.bytes", se.input, p.n, size, se.facts.metaLimit)
		se.stage.fail(err)
		return err
	}
	return nil
}
