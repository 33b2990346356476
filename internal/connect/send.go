package connect

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// CreateSignalTopic creates the topic with the one partition that Debezium reads, unless it is there. More partitions
// are an error.
func CreateSignalTopic(client sarama.Client, topic string, replication int16) error {
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		return fmt.Errorf("creating topic %s: %w", topic, err)
	}
	err = admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 1, ReplicationFactor: replication}, false)
	switch {
	case errors.Is(err, sarama.ErrTopicAlreadyExists):
	case err != nil:
		return fmt.Errorf("creating topic %s: %w", topic, err)
	default:
		return nil
	}
	described, err := admin.DescribeTopics([]string{topic})
	if err != nil {
		return fmt.Errorf("looking at topic %s: %w", topic, err)
	}
	if n := len(described[0].Partitions); n != 1 {
		return fmt.Errorf("topic %s must have one partition, for Debezium reads no other; it has %d", topic, n)
	}
	return nil
}

// Send writes a signal to its topic, which must be there.
func Send(client sarama.Client, s Signal) error {
	producer, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		return fmt.Errorf("sending the signal: %w", err)
	}
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: s.Topic, Key: sarama.StringEncoder(s.Key), Value: sarama.ByteEncoder(s.Value)})
	if err = errors.Join(err, producer.Close()); err != nil {
		return fmt.Errorf("sending the signal: %w", err)
	}
	return nil
}
