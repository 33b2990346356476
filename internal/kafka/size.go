package kafka

import (
	"fmt"
	"slices"

	"github.com/IBM/sarama"
)

// Size returns how many partitions a topic has, 0 for a topic that did not exist when client last looked, and the span
// of offsets it holds: the number of its records, if none were compacted away.
func Size(client sarama.Client, topic string) (partitions int, records int64, err error) {
	known, err := client.Topics()
	if err != nil {
		return 0, 0, fmt.Errorf("asking for the topics: %w", err)
	}
	if !slices.Contains(known, topic) { // asking for its partitions would retry
		return 0, 0, nil
	}
	ids, err := client.Partitions(topic)
	if err != nil {
		return 0, 0, fmt.Errorf("asking for the partitions of %s: %w", topic, err)
	}
	for _, p := range ids {
		first, err := client.GetOffset(topic, p, sarama.OffsetOldest)
		if err != nil {
			return 0, 0, fmt.Errorf("asking for the start of %s/%d: %w", topic, p, err)
		}
		end, err := client.GetOffset(topic, p, sarama.OffsetNewest)
		if err != nil {
			return 0, 0, fmt.Errorf("asking for the end of %s/%d: %w", topic, p, err)
		}
		records += end - first
	}
	return len(ids), records, nil
}
