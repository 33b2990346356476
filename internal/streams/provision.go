package streams

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/kafka"
)

// TopicSpec is what a topic must be.
type TopicSpec struct {
	Name        string
	Partitions  int32
	Replication int16
	Config      map[string]string // topic configuration that must hold
	Foreign     bool              // somebody else's: created if it is missing, and else taken as it is
}

// ErrMismatch says that a topic exists and is not what its specification says.
var ErrMismatch = errors.New("streams: topic differs from the catalogue")

// Provision creates the topics that are missing, waits until every partition has a leader, and checks the others: a
// different number of partitions or configuration is an ErrMismatch that names topic, setting and both values. Foreign
// topics are not compared with anything. It changes nothing that exists. It returns the names it created. Of the number of copies, see Replication.
func Provision(ctx context.Context, brokers []string, topics []TopicSpec) ([]string, error) {
	client, admin, existing, err := catalogue(brokers)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	var created []string
	var wrong []error
	topics = slices.Clone(topics)
	for i, t := range topics {
		if have, ok := existing[t.Name]; ok {
			if t.Foreign {
				topics[i].Partitions = have.NumPartitions
				continue
			}
			wrong = append(wrong, check(admin, t, have)...)
			continue
		}
		err := admin.CreateTopic(t.Name, detail(t), false)
		if err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) { // somebody else was faster
			return created, fmt.Errorf("creating topic %s: %w", t.Name, err)
		}
		created = append(created, t.Name)
	}
	if err := errors.Join(wrong...); err != nil {
		return created, err
	}
	return created, waitForLeaders(ctx, client, topics)
}

// Replication returns a line for each topic that exists and has another number of copies than its specification says. It
// is no ErrMismatch: nothing depends on it but safety, and operators change it while everything runs.
func Replication(brokers []string, topics []TopicSpec) ([]string, error) {
	_, admin, existing, err := catalogue(brokers)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	var lines []string
	for _, t := range topics {
		if have, ok := existing[t.Name]; ok && !t.Foreign && have.ReplicationFactor != t.Replication {
			lines = append(lines, fmt.Sprintf("%s has %d copies of each partition, the catalogue says %d: reassign its partitions, or set the number that is meant", t.Name, have.ReplicationFactor, t.Replication))
		}
	}
	return lines, nil
}

// catalogue connects and returns the topics there are. Closing admin closes client, too.
func catalogue(brokers []string) (sarama.Client, sarama.ClusterAdmin, map[string]sarama.TopicDetail, error) {
	client, err := kafka.Dial(brokers, "nova-provision")
	if err != nil {
		return nil, nil, nil, err
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("creating admin client: %w", err), client.Close())
	}
	existing, err := admin.ListTopics()
	if err != nil {
		return nil, nil, nil, errors.Join(fmt.Errorf("listing topics: %w", err), admin.Close())
	}
	return client, admin, existing, nil
}

func detail(t TopicSpec) *sarama.TopicDetail {
	d := &sarama.TopicDetail{NumPartitions: t.Partitions, ReplicationFactor: t.Replication, ConfigEntries: map[string]*string{}}
	for k, v := range t.Config {
		d.ConfigEntries[k] = &v
	}
	return d
}

func check(admin sarama.ClusterAdmin, t TopicSpec, have sarama.TopicDetail) []error {
	var wrong []error
	if have.NumPartitions != t.Partitions {
		wrong = append(wrong, fmt.Errorf("%w: %s has %d partitions, wants %d; keys would change their partition, so drain into a new topic instead of adding partitions", ErrMismatch, t.Name, have.NumPartitions, t.Partitions))
	}
	results, err := admin.DescribeConfigs([]*sarama.ConfigResource{{
		Type: sarama.TopicResource, Name: t.Name, ConfigNames: slices.Collect(maps.Keys(t.Config)),
	}}, sarama.DescribeConfigsOptions{})
	if err != nil {
		return append(wrong, fmt.Errorf("describing topic %s: %w", t.Name, err))
	}
	for _, res := range results {
		if res.ErrorCode != sarama.ErrNoError {
			wrong = append(wrong, fmt.Errorf("describing topic %s: %w", t.Name, res.ErrorCode))
		}
		for _, e := range res.Configs {
			if want, ok := t.Config[e.Name]; ok && e.Value != want {
				wrong = append(wrong, fmt.Errorf("%w: %s has %s=%s, wants %s", ErrMismatch, t.Name, e.Name, e.Value, want))
			}
		}
	}
	return wrong
}

// waitForLeaders spares the first start the errors of partitions that are still being set up.
func waitForLeaders(ctx context.Context, client sarama.Client, topics []TopicSpec) error {
	for {
		err := leaders(client, topics)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for partition leaders: %w", errors.Join(ctx.Err(), err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func leaders(client sarama.Client, topics []TopicSpec) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	if err := client.RefreshMetadata(names...); err != nil {
		return err
	}
	for _, t := range topics {
		for p := range t.Partitions {
			if _, err := client.Leader(t.Name, p); err != nil {
				return fmt.Errorf("%s/%d: %w", t.Name, p, err)
			}
		}
	}
	return nil
}
