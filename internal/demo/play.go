package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/sample"
	"github.com/nova-social/nova-streams/topology"
)

// play sends the sample to Kafka until ctx ends: the rows of its database, then its events. What Kafka does not take is
// logged; the play goes on.
func play(ctx context.Context, s *sample.Sample, k config.Kafka, log *slog.Logger) error {
	producer, err := sarama.NewAsyncProducer(k.Brokers, kafka.NewConfig(k.ClientID+"-sample"))
	if err != nil {
		return fmt.Errorf("playing the sample: %w", err)
	}
	acked := make(chan struct{})
	go func() {
		defer close(acked)
		for range producer.Successes() {
		}
	}()
	refused := make(chan struct{})
	go func() {
		defer close(refused)
		for e := range producer.Errors() {
			log.WarnContext(ctx, "playing the sample", "err", e.Err)
		}
	}()
	send := func(topic string, key, value []byte) {
		select {
		case producer.Input() <- &sarama.ProducerMessage{Topic: k.Name(topic), Key: sarama.ByteEncoder(key), Value: sarama.ByteEncoder(value)}:
		case <-ctx.Done():
		}
	}
	err = s.Database(func(r sample.Row) error {
		send("cdc."+r.Table, r.Key, r.Value)
		return nil
	})
	if err == nil {
		err = s.Play(ctx, time.Now(), func(e sample.Event) error {
			value, err := json.Marshal(e)
			if err != nil {
				return fmt.Errorf("encoding a sample event: %w", err)
			}
			send(string(topology.Events), []byte(e.Key()), value)
			return nil
		})
	}
	producer.AsyncClose()
	<-acked
	<-refused
	return err
}
