package streams

import (
	"context"
	"fmt"

	"github.com/IBM/sarama"
)

// consumerGroup stands between goka and sarama. It loops over generations itself, which spares goka's fixed pause of
// 5 s after each, and it keeps goka's own marks away from the committed offsets: a mark of a later record would pass
// an earlier one whose outputs are not acknowledged.
type consumerGroup struct {
	sarama.ConsumerGroup
	stage *Stage
}

// Consume joins the group again and again until ctx ends or a generation fails.
func (g *consumerGroup) Consume(ctx context.Context, topics []string, h sarama.ConsumerGroupHandler) error {
	for {
		if err := g.ConsumerGroup.Consume(ctx, topics, &generation{stage: g.stage, goka: h}); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// generation is the handler of one group generation: ours around goka's.
type generation struct {
	stage   *Stage
	goka    sarama.ConsumerGroupHandler
	session *session
}

// Setup opens the session, then lets goka recover the tables of its partitions.
func (g *generation) Setup(s sarama.ConsumerGroupSession) error {
	se, err := openSession(g.stage, s)
	if err != nil {
		return err
	}
	g.session = se
	g.stage.session.Store(se)
	g.stage.setState(Recovering)
	if err := g.goka.Setup(markless{s}); err != nil {
		return err
	}
	g.stage.setState(Running)
	return nil
}

// ConsumeClaim passes the claim to goka, if sarama begins where the task's accounts and origins stand.
func (g *generation) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	if t := g.session.tasks[c.Partition()]; c.InitialOffset() >= 0 && c.InitialOffset() != t.start {
		g.stage.fail(fmt.Errorf("streams: %s/%d is read from %d, but was committed at %d", c.Topic(), c.Partition(), c.InitialOffset(), t.start))
		return nil
	}
	return g.goka.ConsumeClaim(markless{s}, c)
}

// Cleanup lets goka stop its partitions, then closes the session. sarama calls it after a failed Setup, too.
func (g *generation) Cleanup(s sarama.ConsumerGroupSession) error {
	err := g.goka.Cleanup(markless{s})
	if g.session != nil {
		g.session.close()
	}
	return err
}

// markless is a session whose marks go nowhere.
type markless struct{ sarama.ConsumerGroupSession }

func (markless) MarkOffset(string, int32, int64, string)     {}
func (markless) MarkMessage(*sarama.ConsumerMessage, string) {}
