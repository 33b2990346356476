package tables

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/topology"
)

// ErrRunning says that a group has members: it must be stopped everywhere before its table can be taken away.
var ErrRunning = errors.New("tables: the group has members")

// Rebuild takes a group's table away, so that it begins anew with an empty one: with the oldest records its input holds,
// or, with skip, behind the newest. What it has said is said again with the same origins, which readers drop. It must
// not be started before Rebuild has returned. One that was interrupted may be repeated. The table's topic is there again at
// once, as others read it.
func Rebuild(ctx context.Context, client sarama.Client, prefix string, groups []topology.Group, group string, skip bool) error {
	g, err := pick(groups, group)
	if err != nil {
		return err
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return fmt.Errorf("creating admin client: %w", err)
	}
	name, input, table := prefix+group, prefix+string(g.Input), prefix+g.Graph(nil).GroupTable().Topic()
	if err := idle(admin, name); err != nil {
		return err
	}
	// Offsets first: a table that has seen more than what is read again absorbs it, one that has seen less lacks it.
	if err := admin.DeleteConsumerGroup(name); err != nil && !errors.Is(err, sarama.ErrGroupIDNotFound) {
		return fmt.Errorf("deleting the offsets of %s: %w", name, err)
	}
	if skip {
		if err := skipInput(client, name, input); err != nil {
			return err
		}
	}
	known, err := admin.ListTopics()
	if err != nil {
		return fmt.Errorf("listing topics: %w", err)
	}
	if err := admin.DeleteTopic(table); err != nil && !errors.Is(err, sarama.ErrUnknownTopicOrPartition) {
		return fmt.Errorf("deleting %s: %w", table, err)
	}
	if err := gone(ctx, admin, table); err != nil {
		return err
	}
	if was, ok := known[table]; ok {
		return again(admin, table, was)
	}
	return nil // the group makes it when it is started
}

// again makes a topic as it was: others read the table and ask how far, while its group is stopped.
func again(admin sarama.ClusterAdmin, topic string, was sarama.TopicDetail) error {
	like := &sarama.TopicDetail{NumPartitions: was.NumPartitions, ReplicationFactor: was.ReplicationFactor, ConfigEntries: was.ConfigEntries}
	if err := admin.CreateTopic(topic, like, false); err != nil && !errors.Is(err, sarama.ErrTopicAlreadyExists) { // somebody else was faster
		return fmt.Errorf("making %s again: %w", topic, err)
	}
	return nil
}

// idle returns an error unless a group has no members.
func idle(admin sarama.ClusterAdmin, name string) error {
	described, err := admin.DescribeConsumerGroups([]string{name})
	if err != nil {
		return fmt.Errorf("asking who is in %s: %w", name, err)
	}
	for _, d := range described {
		var members []string
		for _, m := range d.Members {
			members = append(members, m.ClientId)
		}
		if len(members) > 0 {
			slices.Sort(members)
			return fmt.Errorf("%w: %s: %q; stop them first", ErrRunning, name, members)
		}
	}
	return nil
}

// skipInput commits the end of each partition.
func skipInput(client sarama.Client, group, input string) error {
	partitions, err := client.Partitions(input)
	if err != nil {
		return fmt.Errorf("asking for the partitions of %s: %w", input, err)
	}
	request := &sarama.OffsetCommitRequest{Version: 2, ConsumerGroup: group, ConsumerGroupGeneration: sarama.GroupGenerationUndefined, RetentionTime: -1}
	for _, p := range partitions {
		end, err := client.GetOffset(input, p, sarama.OffsetNewest)
		if err != nil {
			return fmt.Errorf("asking for the end of %s/%d: %w", input, p, err)
		}
		request.AddBlock(input, p, end, 0, "")
	}
	if err := client.RefreshCoordinator(group); err != nil {
		return fmt.Errorf("finding the coordinator of %s: %w", group, err)
	}
	coordinator, err := client.Coordinator(group)
	if err != nil {
		return fmt.Errorf("finding the coordinator of %s: %w", group, err)
	}
	answer, err := coordinator.CommitOffset(request)
	if err != nil {
		return fmt.Errorf("committing the ends of %s: %w", input, err)
	}
	for _, byPartition := range answer.Errors {
		for p, refusal := range byPartition {
			if refusal != sarama.ErrNoError {
				return fmt.Errorf("committing the end of %s/%d: %w", input, p, refusal)
			}
		}
	}
	return nil
}

// gone waits until a topic that was deleted is no more: brokers take their time.
func gone(ctx context.Context, admin sarama.ClusterAdmin, topic string) error {
	for {
		known, err := admin.ListTopics()
		if err != nil {
			return fmt.Errorf("listing topics: %w", err)
		}
		if _, still := known[topic]; !still {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the end of %s: %w", topic, ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
