package streams

import (
	"sync"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A partition whose queue is longer than feedHigh records is no longer fetched, until it is shorter than feedLow.
const (
	feedHigh = 2000
	feedLow  = 1000
)

// feed is the queue of fetched records of one partition, from the poll loop to the goroutine goka runs for it.
type feed struct {
	signal chan<- *sarama.ConsumerMessage // wakes goka's goroutine; a signal that waits already is enough
	wake   *sarama.ConsumerMessage
	pause  func(bool) // stops and resumes fetching

	mu      sync.Mutex
	batches [][]*kgo.Record
	queued  int
	paused  bool
	closed  bool
}

func newFeed(topic string, part int32, signal chan<- *sarama.ConsumerMessage, pause func(bool)) *feed {
	return &feed{signal: signal, wake: &sarama.ConsumerMessage{Topic: topic, Partition: part}, pause: pause}
}

// push adds records. It does not block.
func (f *feed) push(recs []*kgo.Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.batches = append(f.batches, recs)
	f.queued += len(recs)
	if f.queued > feedHigh && !f.paused {
		f.paused = true
		f.pause(true)
	}
	f.ring()
}

// ring wakes goka's goroutine.
func (f *feed) ring() {
	select {
	case f.signal <- f.wake:
	default:
	}
}

// take returns the oldest batch, nil for none.
func (f *feed) take() []*kgo.Record {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.batches) == 0 {
		return nil
	}
	b := f.batches[0]
	f.batches[0] = nil
	f.batches = f.batches[1:]
	f.queued -= len(b)
	if f.queued < feedLow && f.paused {
		f.paused = false
		f.pause(false)
	}
	return b
}

// behind reports whether records wait by the thousand: the partition catches up.
func (f *feed) behind() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.queued > feedLow
}

// close drops what is queued and everything that comes.
func (f *feed) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed, f.batches, f.queued = true, nil, 0
}
