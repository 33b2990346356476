package streams

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// ErrPartitions says that the topics of a group do not have the same number of partitions, or not the one they had:
// keys would lie apart from their rows. Growth means a new topic, into which the old one is drained.
var ErrPartitions = errors.New("streams: the number of partitions is not what it must be")

// ErrNoTopic says that a topic of a group does not exist. A stage tries again until it does.
var ErrNoTopic = errors.New("streams: no such topic")

// errTopicNew says that a topic was deleted and created again while it was read.
var errTopicNew = errors.New("streams: a topic was created again")

// facts are what a session must know of the cluster before it begins.
type facts struct {
	parts      int32
	inputID    kadm.TopicID
	tableID    kadm.TopicID   // zero for a group without a table
	epoch      int32          // ordinal of the input topic among those of its name
	tableLimit int            // bytes of a row and its key
	metaLimit  int            // bytes of metadata beside a committed offset
	limits     map[string]int // bytes of a batch, by topic in Kafka
	outputs    map[string]output
}

// recordOverhead is what a batch of one record takes beside key and value, generously.
const recordOverhead = 512

// describe asks the cluster.
func (s *Stage) describe(ctx context.Context, client *kgo.Client) (facts, error) {
	admin := kadm.NewClient(client)
	f := facts{outputs: map[string]output{}, limits: map[string]int{}}
	var err error
	if f.parts, f.inputID, f.tableID, err = s.identify(ctx, admin); err != nil {
		return f, err
	}
	if f.epoch, err = numberTopic(ctx, &s.cfg, client, s.cfg.topic(s.input), f.inputID.String()); err != nil {
		return f, err
	}
	if f.metaLimit, err = brokerInt(ctx, admin, "offset.metadata.max.bytes", schemas.MaxCommitMeta); err != nil {
		return f, err
	}
	names := []string{}
	for name := range s.outputs {
		names = append(names, s.cfg.topic(name))
	}
	if s.table != "" {
		names = append(names, s.cfg.topic(s.table))
	}
	if len(names) == 0 {
		return f, nil
	}
	configs, err := admin.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		return f, fmt.Errorf("describing the topics of %s: %w", s.name, err)
	}
	for _, c := range configs {
		if errors.Is(c.Err, kerr.UnknownTopicOrPartition) {
			return f, fmt.Errorf("%w: %s", ErrNoTopic, c.Name)
		}
		if c.Err != nil {
			return f, fmt.Errorf("describing topic %s: %w", c.Name, c.Err)
		}
		f.limits[c.Name] = intOf(c.Configs, "max.message.bytes", 1<<20)
	}
	for name, codec := range s.outputs {
		f.outputs[name] = output{s.cfg.topic(name), codec, f.limits[s.cfg.topic(name)] - recordOverhead}
	}
	if s.table != "" {
		f.tableLimit = f.limits[s.cfg.topic(s.table)] - recordOverhead
	}
	return f, nil
}

// identify returns the number of partitions and the ids of input and table.
func (s *Stage) identify(ctx context.Context, admin *kadm.Client) (parts int32, inputID, tableID kadm.TopicID, err error) {
	names := []string{s.cfg.topic(s.input)}
	if s.table != "" {
		names = append(names, s.cfg.topic(s.table))
	}
	all, err := admin.ListTopics(ctx, names...)
	if err != nil {
		return 0, inputID, tableID, fmt.Errorf("describing %v: %w", names, err)
	}
	for _, n := range names {
		if errors.Is(all[n].Err, kerr.UnknownTopicOrPartition) {
			return 0, inputID, tableID, fmt.Errorf("%w: %s", ErrNoTopic, n)
		}
		if all[n].Err != nil {
			return 0, inputID, tableID, fmt.Errorf("describing topic %s: %w", n, all[n].Err)
		}
	}
	in := all[names[0]]
	parts, inputID = int32(len(in.Partitions)), in.ID
	if s.table != "" {
		tab := all[names[1]]
		tableID = tab.ID
		if n := int32(len(tab.Partitions)); n != parts {
			return 0, inputID, tableID, fmt.Errorf("%w: %s has %d, %s has %d", ErrPartitions, names[0], parts, names[1], n)
		}
	}
	return parts, inputID, tableID, nil
}

// brokerInt returns a setting of the cluster, or def where the broker does not say.
func brokerInt(ctx context.Context, admin *kadm.Client, name string, def int) (int, error) {
	all, err := admin.DescribeBrokerConfigs(ctx)
	if err != nil {
		return 0, fmt.Errorf("describing the brokers: %w", err)
	}
	for _, c := range all {
		def = intOf(c.Configs, name, def)
	}
	return def, nil
}

func intOf(configs []kadm.Config, name string, def int) int {
	for _, c := range configs {
		if c.Key == name && c.Value != nil {
			if n, err := strconv.Atoi(*c.Value); err == nil {
				return n
			}
		}
	}
	return def
}
