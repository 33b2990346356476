package reconcile

import (
	"context"
	"fmt"
	"time"
)

// Unplaced are rows of one Kafka partition that name no insert.
type Unplaced struct {
	TopicID   string    `ch:"kafka_topic_id"` // as the rows have it, so it may be empty
	Partition int32     `ch:"kafka_partition"`
	Older     uint8     `ch:"older"` // 1 if a sink may have written them that knew of no inserts
	Found     int64     `ch:"found"`
	Lowest    int64     `ch:"lowest"` // offsets
	Highest   int64     `ch:"highest"`
	Earliest  time.Time `ch:"earliest"` // event times
	Latest    time.Time `ch:"latest"`
	Newest    time.Time `ch:"newest"` // append time in `events`
}

// strays finds the rows that name no insert though their partition has some, and counts those from before there were any.
func (c *run) strays(ctx context.Context) error {
	unplaced, err := c.Table.Unplaced(ctx)
	if err != nil {
		return fmt.Errorf("looking for rows without a place: %w", err)
	}
	for _, u := range unplaced {
		if u.Older == 0 {
			c.Findings = append(c.Findings, u.stray(c.Flow.sink().Topic))
			continue
		}
		c.older += u.Found
		if end := u.Newest.UTC().Truncate(time.Hour).Add(time.Hour); end.After(c.floor) {
			c.floor = end
		}
	}
	if c.older > 0 {
		c.note("not comparable before %s: %d rows do not say which event they are of", c.floor.Format(time.RFC3339), c.older)
	}
	return nil
}

func (u Unplaced) stray(topic string) Finding {
	detail := fmt.Sprintf("%d rows name no insert", u.Found)
	if u.TopicID == "" {
		detail += ", and not the topic they are of"
	}
	return Finding{
		Kind: StrayRows, Topic: topic, topicID: u.TopicID, Partition: u.Partition, First: u.Lowest, Last: u.Highest, Rows: u.Found,
		From: u.Earliest.UTC().Truncate(time.Hour), To: u.Latest.UTC().Truncate(time.Hour).Add(time.Hour), Happened: true,
		Detail: detail, Exact: true,
	}
}
