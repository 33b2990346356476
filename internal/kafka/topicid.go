package kafka

import (
	"fmt"

	"github.com/IBM/sarama"
)

// TopicID returns which incarnation of a topic the brokers have: one that is created again gets another id.
func TopicID(client sarama.Client, topic string) (string, error) {
	broker := client.LeastLoadedBroker()
	if broker == nil {
		return "", fmt.Errorf("asking for the id of topic %s: %w", topic, sarama.ErrOutOfBrokers)
	}
	res, err := broker.GetMetadata(sarama.NewMetadataRequest(client.Config().Version, []string{topic}))
	switch {
	case err != nil:
		return "", fmt.Errorf("asking for the id of topic %s: %w", topic, err)
	case len(res.Topics) != 1:
		return "", fmt.Errorf("asking for the id of topic %s: %w", topic, sarama.ErrIncompleteResponse)
	case res.Topics[0].Err != sarama.ErrNoError:
		return "", fmt.Errorf("asking for the id of topic %s: %w", topic, res.Topics[0].Err)
	case res.Topics[0].Uuid == sarama.Uuid{}:
		return "", fmt.Errorf("asking for the id of topic %s: the brokers give topics none", topic)
	}
	return res.Topics[0].Uuid.String(), nil
}
