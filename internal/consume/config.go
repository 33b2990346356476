package consume

import (
	"errors"
	"fmt"
	"time"
)

// Config says what a consumer reads, and how.
type Config struct {
	Brokers  []string // bootstrap addresses, host:port
	ClientID string   // name under which the brokers see the consumer
	Prefix   string   // put before the names of its group and topics

	Group       string
	Topic       string
	DeadLetters string // topic for records that cannot be used

	MaxBatch int           // records of one partition in a batch at most
	MaxWait  time.Duration // time a record waits for its batch to fill

	RetryMin time.Duration // pause after the first failure; doubles with each further one
	RetryMax time.Duration // longest pause; the consumer never gives up

	SessionTimeout time.Duration // silence after which the group gives a member's partitions away
	DrainTimeout   time.Duration // time to finish batches when partitions are taken away or the consumer stops
}

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case len(c.Brokers) == 0:
		return errors.New("consume: Brokers must name at least one broker")
	case c.Group == "" || c.Topic == "" || c.DeadLetters == "":
		return errors.New("consume: Group, Topic and DeadLetters must be set")
	case c.MaxBatch < 1:
		return fmt.Errorf("consume: MaxBatch must be at least 1, is %d", c.MaxBatch)
	}
	for _, d := range []struct {
		name string
		val  time.Duration
	}{{"MaxWait", c.MaxWait}, {"RetryMin", c.RetryMin}, {"SessionTimeout", c.SessionTimeout}, {"DrainTimeout", c.DrainTimeout}} {
		if d.val <= 0 {
			return fmt.Errorf("consume: %s must be positive, is %v", d.name, d.val)
		}
	}
	if c.RetryMax < c.RetryMin {
		return fmt.Errorf("consume: RetryMax must be at least RetryMin (%v), is %v", c.RetryMin, c.RetryMax)
	}
	return nil
}
