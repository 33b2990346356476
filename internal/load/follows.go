package load

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/envelope"
	"github.com/nova-social/nova-streams/topology"
)

// Follows says how a file of follows is sent, as the changes that the database's connector would write of them.
type Follows struct {
	Topic    string        // where Debezium writes
	Mutual   bool          // each line is a follow both ways
	Unfollow bool          // the follows end
	At       time.Time     // of all changes: what was sent with an earlier time is older, whatever comes first
	Rate     float64       // changes per second at most; 0 = as fast as the broker takes them
	Grace    time.Duration // how long a load that is stopped waits for what is under way
}

// DefaultFollows sends follows as fast as possible, as of a time.
func DefaultFollows(at time.Time) Follows {
	return Follows{Topic: string(topology.CdcFollows), At: at, Grace: DefaultConfig().Grace}
}

// Send checks the file, sends its follows through p, which it closes, and returns when all are acknowledged. A line is
// follower,followee; the first one may say what the columns are. A file with a bad line is refused, and nothing of it sent.
// progress is told how many changes are acknowledged. A cancelled context is an error.
func (f Follows) Send(ctx context.Context, path string, p sarama.AsyncProducer, progress func(acked, total int)) (Result, error) {
	begin, total := time.Now(), 0
	err := eachFollow(path, func(string, string) error { total += f.ways(); return nil })
	if err != nil {
		p.AsyncClose()
		return Result{}, fmt.Errorf("%w (nothing was sent)", err)
	}
	d := delivery{producer: p, rate: f.Rate, grace: f.Grace, progress: func(acked int) { progress(acked, total) }}
	acked, err := d.run(ctx, func(send func(*sarama.ProducerMessage) error) error {
		return eachFollow(path, func(follower, followee string) error {
			for _, ids := range [][2]string{{follower, followee}, {followee, follower}}[:f.ways()] {
				msg, err := f.message(ids[0], ids[1])
				if err != nil {
					return err
				}
				if err := send(msg); err != nil {
					return err
				}
			}
			return nil
		})
	})
	return Result{Acknowledged: acked, Took: time.Since(begin)}, err
}

func (f Follows) ways() int {
	if f.Mutual {
		return 2
	}
	return 1
}

// message returns the change. Its place in the log is the time in µs, which is beyond what a database reaches.
func (f Follows) message(follower, followee string) (*sarama.ProducerMessage, error) {
	change := envelope.Change{
		Table: "follows", Key: map[string]string{"follower_id": follower, "followee_id": followee}, Op: "c", LSN: f.At.UnixMicro(), At: f.At,
		Row: map[string]any{"follower_id": follower, "followee_id": followee, "status": "active", "created_at": envelope.Time(f.At)},
	}
	if f.Unfollow {
		change.Op, change.Row = "d", nil
	}
	key, value, err := change.Encode()
	if err != nil {
		return nil, err
	}
	return &sarama.ProducerMessage{Topic: f.Topic, Key: sarama.ByteEncoder(key), Value: sarama.ByteEncoder(value)}, nil
}
