package streams

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/nova-social/nova-streams/internal/murmur2"
)

// engine is what goka sees of Kafka. goka ends all its partitions at every rebalance, waits 5 s, and reads every table
// anew; so it is told a simpler story: one session for as long as the processor lives, in which all partitions of the
// input are claimed and all tables are empty. Which partitions are really this member's, and their tables, are the
// session's business: they come and go without a word to goka.
//
// What goka gets from a claim is one message for each batch of records: the callback takes the batch from the feed.
// That spares three channel hops and a dozen allocations per record.
type engine struct {
	stage *Stage
	parts int32
	run   func(ctx context.Context, signals []chan *sarama.ConsumerMessage) error
	errs  chan error
}

var _ sarama.ConsumerGroup = (*engine)(nil)

// Consume runs goka's session beside ours.
func (e *engine) Consume(ctx context.Context, topics []string, handler sarama.ConsumerGroupHandler) error {
	inner, stop := context.WithCancel(context.WithoutCancel(ctx)) // goka goes on until our session has ended
	defer stop()
	se := &claims{ctx: inner, all: map[string][]int32{}}
	signals := make([]chan *sarama.ConsumerMessage, e.parts)
	for p := range e.parts {
		signals[p] = make(chan *sarama.ConsumerMessage, maxSignals)
		se.all[topics[0]] = append(se.all[topics[0]], p)
	}
	if err := handler.Setup(se); err != nil {
		return errors.Join(err, handler.Cleanup(se))
	}
	var wg sync.WaitGroup
	for p := range e.parts {
		wg.Go(func() {
			err := handler.ConsumeClaim(se, claim{topics[0], p, signals[p]})
			if err == nil && inner.Err() == nil {
				err = errors.New("streams: goka stopped reading")
			}
			if err != nil {
				e.stage.fail(err)
			}
		})
	}
	err := e.run(ctx, signals)
	stop()
	wg.Wait()
	return errors.Join(err, handler.Cleanup(se))
}

// maxSignals is how many batches of a partition may be on their way through goka.
const maxSignals = 4

// Errors returns a channel on which nothing comes: errors end the session.
func (e *engine) Errors() <-chan error { return e.errs }

// Close does nothing: the session has closed what it opened.
func (e *engine) Close() error { return nil }

// Pause does nothing: the session pauses partitions.
func (e *engine) Pause(map[string][]int32) {}

// Resume does nothing.
func (e *engine) Resume(map[string][]int32) {}

// PauseAll does nothing.
func (e *engine) PauseAll() {}

// ResumeAll does nothing.
func (e *engine) ResumeAll() {}

// claims is goka's session: all partitions, and marks that go nowhere.
type claims struct {
	ctx context.Context //nolint:containedctx // sarama's session has one to return
	all map[string][]int32
}

var _ sarama.ConsumerGroupSession = (*claims)(nil)

func (c *claims) Claims() map[string][]int32                  { return c.all }
func (c *claims) MemberID() string                            { return "" }
func (c *claims) GenerationID() int32                         { return 0 }
func (c *claims) MarkOffset(string, int32, int64, string)     {}
func (c *claims) Commit()                                     {}
func (c *claims) ResetOffset(string, int32, int64, string)    {}
func (c *claims) MarkMessage(*sarama.ConsumerMessage, string) {}
func (c *claims) Context() context.Context                    { return c.ctx }

// claim is one partition as goka sees it.
type claim struct {
	topic    string
	part     int32
	messages chan *sarama.ConsumerMessage
}

func (c claim) Topic() string                            { return c.topic }
func (c claim) Partition() int32                         { return c.part }
func (c claim) InitialOffset() int64                     { return sarama.OffsetOldest }
func (c claim) HighWaterMarkOffset() int64               { return 0 }
func (c claim) Messages() <-chan *sarama.ConsumerMessage { return c.messages }

// options are how goka is given the engine for everything it would open itself.
func (e *engine) options() []goka.ProcessorOption {
	return []goka.ProcessorOption{
		goka.WithClientID(e.stage.cfg.ClientID),
		goka.WithHasher(murmur2.New),
		goka.WithLogger(gokaLog{e.stage.cfg.Log.With("group", e.stage.name)}),
		goka.WithNilHandling(goka.NilProcess), // the message of a batch has no value
		goka.WithPartitionChannelSize(maxSignals),
		goka.WithTopicManagerBuilder(func([]string) (goka.TopicManager, error) { return topics{e.parts}, nil }),
		goka.WithConsumerSaramaBuilder(func([]string, string) (sarama.Consumer, error) { return noConsumer{}, nil }),
		goka.WithProducerBuilder(func([]string, string, func() hash.Hash32) (goka.Producer, error) { return noProducer{}, nil }),
		goka.WithStorageBuilder(storage.MemoryBuilder()), // stays empty
		goka.WithConsumerGroupBuilder(func([]string, string, string) (sarama.ConsumerGroup, error) { return e, nil }),
	}
}

// topics says that every topic has as many partitions as the input, and that tables are empty.
type topics struct{ parts int32 }

var _ goka.TopicManager = topics{}

func (t topics) EnsureTableExists(string, int) error                            { return nil }
func (t topics) EnsureStreamExists(string, int) error                           { return nil }
func (t topics) EnsureTopicExists(string, int, int, map[string]string) error    { return nil }
func (t topics) GetOffset(_ string, _ int32, _ int64) (offset int64, err error) { return 0, nil }
func (t topics) Close() error                                                   { return nil }
func (t topics) Partitions(string) (all []int32, err error) {
	for p := range t.parts {
		all = append(all, p)
	}
	return all, nil
}

// noConsumer is the consumer of tables, of which there is nothing to read.
type noConsumer struct{ sarama.Consumer }

func (noConsumer) HighWaterMarks() map[string]map[int32]int64 { return nil }
func (noConsumer) Close() error                               { return nil }

// noProducer refuses what does not come through a verb's context, and so has no origin.
type noProducer struct{}

var _ goka.Producer = noProducer{}

func (p noProducer) Emit(topic, key string, value []byte) *goka.Promise {
	return p.EmitWithHeaders(topic, key, value, nil)
}

func (noProducer) EmitWithHeaders(string, string, []byte, goka.Headers) *goka.Promise {
	_, finish := goka.NewPromiseWithFinisher()
	return finish(nil, errUnsupported)
}

func (noProducer) Close() error { return nil }

// gokaLog passes goka's messages on at debug level: what matters comes back as errors.
type gokaLog struct{ log *slog.Logger }

var _ goka.Logger = gokaLog{}

func (l gokaLog) Print(args ...any)                 { l.debug(fmt.Sprint(args...)) }
func (l gokaLog) Println(args ...any)               { l.debug(fmt.Sprint(args...)) }
func (l gokaLog) Printf(format string, args ...any) { l.debug(fmt.Sprintf(format, args...)) }

func (l gokaLog) debug(text string) { l.log.Debug("goka", "says", text) }
