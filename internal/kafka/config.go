// Package kafka holds the one set of client settings with which this project speaks to Kafka through sarama.
//
// It opens no connection.
package kafka

import (
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/murmur2"
)

// NewConfig returns the settings with which this project speaks to Kafka through sarama: it starts at the oldest
// record, never resets an offset by itself, writes idempotently to the partition Java clients would choose, and waits
// out a broker that is away for half a minute.
func NewConfig(clientID string) *sarama.Config {
	c := sarama.NewConfig()
	c.ClientID = clientID
	c.Version = sarama.V3_6_0_0
	c.Metadata.Retry.Max = 120
	c.Metadata.Retry.Backoff = 250 * time.Millisecond
	c.Metadata.AllowAutoTopicCreation = false
	c.Net.MaxOpenRequests = 1
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Producer.Retry.Max = 100
	c.Producer.Retry.Backoff = 250 * time.Millisecond
	c.Producer.Return.Successes = true
	c.Producer.Return.Errors = true
	c.Producer.Partitioner = sarama.NewCustomHashPartitioner(murmur2.New)
	c.Consumer.Return.Errors = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Group.ResetInvalidOffsets = false
	c.Consumer.MaxProcessingTime = 30 * time.Second
	c.Consumer.MaxWaitTime = 100 * time.Millisecond
	c.Consumer.Fetch.Default = 2 << 20
	return c
}
