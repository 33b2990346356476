package consume

import (
	"context"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
)

// session is one generation of the group, as this member sees it.
type session struct {
	*member
	starts map[int32]schemas.CommitMeta // what lies beside the offsets at which partitions are taken over
}

var _ sarama.ConsumerGroupHandler = (*session)(nil)

// Setup reads where things stand. The group is in our generation already, so nobody else can change that any more.
func (s *session) Setup(group sarama.ConsumerGroupSession) error {
	return s.Begin(s.takeOver(group.Context(), group.Claims()[s.Offsets.Topic]))
}

func (s *session) takeOver(ctx context.Context, partitions []int32) error {
	o := s.Offsets
	committed, err := o.Fetch(ctx, partitions)
	if err != nil {
		return err
	}
	s.starts = make(map[int32]schemas.CommitMeta, len(partitions))
	for p, at := range committed { // sarama begins there, or at the oldest if it cannot
		oldest, newest, err := o.Bounds(p)
		if err != nil {
			return err
		}
		switch {
		case at.Next < oldest:
			s.deps.Log.WarnContext(ctx, "records are gone that were not handled: the group was away for longer than they are kept", "partition", p, "records", oldest-at.Next)
		case at.Next > newest: // of a topic that is no more
			s.deps.Log.WarnContext(ctx, "the committed offset is behind the end of the topic; reading it from its start", "partition", p, "committed", at.Next, "end", newest)
			at.Meta.Accounting = schemas.Accounting{}
		}
		s.starts[p] = at.Meta
	}
	return nil
}

// ConsumeClaim works on one partition for as long as it is ours.
func (s *session) ConsumeClaim(group sarama.ConsumerGroupSession, messages sarama.ConsumerGroupClaim) error {
	ctx := group.Context()
	work, cancel := s.Work(ctx)
	defer cancel()

	p := messages.Partition()
	c := &claim{
		session: s, self: commits.Member{ID: group.MemberID(), Generation: group.GenerationID()}, partition: p,
		messages: messages.Messages(), meta: s.starts[p],
	}
	if err := c.run(ctx, work); ctx.Err() == nil {
		s.Fail(err)
	}
	return nil // sarama would only log it
}

// Cleanup has nothing to do: what is not committed is for the next owner.
func (s *session) Cleanup(sarama.ConsumerGroupSession) error { return nil }
