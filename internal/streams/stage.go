package streams

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"log/slog"
	"sync/atomic"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
)

// State is where a stage stands.
type State string

// The states of a stage: Starting → Recovering → Running, and back at each rebalance; Waiting between an error and the
// rebuild; Stopped at the end.
const (
	Starting   State = "starting"
	Recovering State = "recovering"
	Running    State = "running"
	Waiting    State = "waiting"
	Stopped    State = "stopped"
)

// Stage is one goka group of this process.
type Stage struct {
	cfg     Config
	graph   *goka.GroupGraph
	name    string
	input   string
	table   string           // topic of the group table, "" for none
	rows    schemas.RowCodec // codec of the group table, nil for none
	outputs map[string]goka.Codec

	state   atomic.Value // State
	lastErr atomic.Pointer[error]
	session atomic.Pointer[session]
	cancel  atomic.Pointer[context.CancelCauseFunc] // ends the current processor
}

// New prepares the group that graph declares around the guarded verb. A group with one of table and outputs must have
// exactly one input, the table's codec must be a schemas.RowCodec.
func New(cfg Config, graph func(on goka.ProcessCallback) *goka.GroupGraph, verb Verb) (*Stage, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Stage{cfg: cfg, outputs: map[string]goka.Codec{}}
	s.setState(Starting)
	g := graph(func(ctx goka.Context, msg any) {
		if se := s.session.Load(); se != nil {
			if t := se.tasks[ctx.Partition()]; t != nil {
				t.handle(ctx, msg, verb)
			}
		}
	})
	s.graph, s.name = g, string(g.Group())
	if err := g.Validate(); err != nil {
		return nil, fmt.Errorf("validating the graph of %s: %w", s.name, err)
	}
	if n := len(g.InputStreams()); n != 1 {
		return nil, fmt.Errorf("streams: group %s has %d inputs; replays meet the same order only with one", s.name, n)
	}
	s.input = g.InputStreams()[0].Topic()
	for _, out := range g.OutputStreams() {
		s.outputs[out.Topic()] = out.Codec()
	}
	if t := g.GroupTable(); t != nil {
		rows, ok := t.Codec().(schemas.RowCodec)
		if !ok {
			return nil, fmt.Errorf("streams: the table codec of %s is a %T, not a schemas.RowCodec", s.name, t.Codec())
		}
		s.table, s.rows = t.Topic(), rows
	}
	return s, nil
}

// Name returns the name of the group.
func (s *Stage) Name() string { return s.name }

// State returns where the stage stands in this process.
func (s *Stage) State() State { return s.state.Load().(State) } //nolint:errcheck // only setState stores, and only a State

// LastError returns why the last processor ended, nil if none has.
func (s *Stage) LastError() error {
	if err := s.lastErr.Load(); err != nil {
		return *err
	}
	return nil
}

func (s *Stage) setState(st State) { s.state.Store(st) }

// fail ends the current processor; the supervisor rebuilds it.
func (s *Stage) fail(err error) {
	s.cfg.Log.Error("stage failed", "group", s.name, "err", err)
	if cancel := s.cancel.Load(); cancel != nil {
		(*cancel)(err)
	}
}

// runOnce builds a goka processor, which runs only once, and runs it until ctx ends or something fails.
func (s *Stage) runOnce(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	s.cancel.Store(&cancel)
	s.setState(Starting)
	proc, err := goka.NewProcessor(s.cfg.Brokers, s.graph, s.options()...)
	if err != nil {
		return fmt.Errorf("building processor %s: %w", s.name, err)
	}
	err = proc.Run(ctx)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if parent.Err() != nil {
		return nil
	}
	if err == nil {
		err = errors.New("processor ended by itself")
	}
	return fmt.Errorf("running processor %s: %w", s.name, err)
}

func (s *Stage) options() []goka.ProcessorOption {
	topics := goka.NewTopicManagerConfig()
	topics.NoCreate = true // topics come from the catalogue
	return []goka.ProcessorOption{
		goka.WithClientID(s.cfg.ClientID),
		goka.WithHasher(murmur2.New),
		goka.WithLogger(gokaLog{s.cfg.Log.With("group", s.name)}),
		goka.WithNilHandling(goka.NilDecode), // a null value is a bad record, not nothing
		goka.WithPartitionChannelSize(1000),
		goka.WithTopicManagerBuilder(goka.TopicManagerBuilderWithConfig(kafka.NewConfig(s.cfg.ClientID), topics)),
		goka.WithConsumerSaramaBuilder(goka.SaramaConsumerBuilderWithConfig(kafka.NewConfig(s.cfg.ClientID))),
		goka.WithProducerBuilder(func([]string, string, func() hash.Hash32) (goka.Producer, error) {
			return producer{s.client}, nil
		}),
		goka.WithStorageBuilder(s.storage),
		goka.WithConsumerGroupBuilder(s.consumerGroup),
	}
}

func (s *Stage) client() *kgo.Client {
	if se := s.session.Load(); se != nil {
		return se.client
	}
	return nil
}

func (s *Stage) storage(topic string, part int32) (storage.Storage, error) {
	se := s.session.Load()
	if se == nil || topic != s.table || se.tasks[part] == nil {
		return nil, fmt.Errorf("streams: no task for table %s/%d", topic, part)
	}
	return newTaskStorage(se.tasks[part]), nil
}

func (s *Stage) consumerGroup(brokers []string, group, clientID string) (sarama.ConsumerGroup, error) {
	c := kafka.NewConfig(clientID)
	c.Consumer.Group.Rebalance.GroupStrategies = []sarama.BalanceStrategy{sarama.NewBalanceStrategyRange()}
	c.Consumer.Group.Session.Timeout = s.cfg.SessionTimeout
	c.Consumer.Group.Heartbeat.Interval = s.cfg.SessionTimeout / 10
	c.Consumer.Offsets.AutoCommit.Interval = s.cfg.CommitInterval
	g, err := sarama.NewConsumerGroup(brokers, group, c)
	if err != nil {
		return nil, fmt.Errorf("creating consumer group %s: %w", group, err)
	}
	return &consumerGroup{ConsumerGroup: g, stage: s}, nil
}

// gokaLog passes goka's messages on at debug level: what matters comes back as errors.
type gokaLog struct{ log *slog.Logger }

var _ goka.Logger = gokaLog{}

func (l gokaLog) Print(args ...any)                 { l.debug(fmt.Sprint(args...)) }
func (l gokaLog) Println(args ...any)               { l.debug(fmt.Sprint(args...)) }
func (l gokaLog) Printf(format string, args ...any) { l.debug(fmt.Sprintf(format, args...)) }

func (l gokaLog) debug(text string) { l.log.Debug("goka", "says", text) }
