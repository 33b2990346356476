package kafka

import (
	"fmt"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

// Dial connects for one short job. Unlike clients that stay, it does not wait for a broker that is away: it gives up
// after seconds and says which addresses did not answer.
func Dial(brokers []string, clientID string) (sarama.Client, error) {
	c := NewConfig(clientID)
	c.Net.DialTimeout = 3 * time.Second
	c.Metadata.Retry.Max = 3
	c.Admin.Timeout = 10 * time.Second
	client, err := sarama.NewClient(brokers, c)
	if err != nil {
		return nil, fmt.Errorf("reaching Kafka at %s: %w", strings.Join(brokers, ","), err)
	}
	return client, nil
}
