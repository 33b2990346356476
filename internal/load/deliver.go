package load

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"golang.org/x/time/rate"
)

// delivery gives messages to a producer and counts what the broker acknowledges.
type delivery struct {
	producer sarama.AsyncProducer // closed by run
	rate     float64              // messages per second at most; 0 = as fast as the broker takes them
	grace    time.Duration        // how long a delivery that is stopped waits for what is under way
	progress func(acked int)
}

// run sends what feed gives to send, and returns how many messages are acknowledged when all are, or with the first
// error. A cancelled context is one.
func (d delivery) run(ctx context.Context, feed func(send func(*sarama.ProducerMessage) error) error) (acked int, err error) {
	feeding, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	fed := make(chan error, 1)
	go func() {
		fed <- feed(d.sender(feeding))
		d.producer.AsyncClose()
	}()
	if acked, err = d.collect(ctx, stop); err != nil {
		return acked, err
	}
	if err := <-fed; err != nil {
		return acked, err
	}
	return acked, context.Cause(ctx)
}

// sender returns a function that waits until a message may go.
func (d delivery) sender(ctx context.Context) func(*sarama.ProducerMessage) error {
	limit := rate.NewLimiter(rate.Inf, 0)
	if d.rate > 0 {
		limit = rate.NewLimiter(rate.Limit(d.rate), max(1, int(d.rate/20))) // bursts of 50 ms
	}
	return func(msg *sarama.ProducerMessage) error {
		if err := limit.Wait(ctx); err != nil {
			return context.Cause(ctx)
		}
		select {
		case d.producer.Input() <- msg:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// collect counts acknowledgements until the producer has ended. The first refusal stops the feed.
func (d delivery) collect(ctx context.Context, stop context.CancelCauseFunc) (acked int, refused error) {
	var (
		late <-chan time.Time
		done = ctx.Done()
		acks = d.producer.Successes()
		errs = d.producer.Errors()
	)
	for acks != nil || errs != nil {
		select {
		case _, ok := <-acks:
			if !ok {
				acks = nil
				continue
			}
			acked++
			d.progress(acked)
		case e, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			if refused == nil {
				refused = fmt.Errorf("sending to %s: %w", e.Msg.Topic, e.Err)
				stop(refused)
			}
		case <-done:
			done, late = nil, time.After(d.grace)
		case <-late:
			return acked, fmt.Errorf("the broker has not acknowledged everything under way: %w", context.Cause(ctx))
		}
	}
	return acked, refused
}
