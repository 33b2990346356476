package clickhouse

import (
	"maps"
	"slices"
	"sync"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
)

// Status is how a sink is doing, for /v1/status. Partitions are those this member holds.
type Status struct {
	Group      string             `json:"group"`
	State      string             `json:"state"`                // one of commits.State…
	Breaker    string             `json:"breaker"`              // of the table's client: closed, half-open or open
	LastError  string             `json:"last_error,omitempty"` // of the first partition that waits, or why the group was left last; "" again after the next batch
	Lag        int64              `json:"lag"`                  // records of the partitions not yet committed
	Partitions []PartitionStatus  `json:"partitions"`
	Accounting schemas.Accounting `json:"accounting"` // of the partitions, from their first record to the committed offset
}

// PartitionStatus is how one partition stands. Offsets are the next to be committed from and the end of the log.
type PartitionStatus struct {
	Partition  int32              `json:"partition"`
	Committed  int64              `json:"committed"`
	End        int64              `json:"end"`
	Accounting schemas.Accounting `json:"accounting"`
}

// status is what a sink knows about its partitions.
type status struct {
	mu     sync.Mutex
	claims map[int32]*holding
}

type holding struct {
	at  checkpoint
	end func() int64
}

// Status returns how the sink is doing now.
func (s *Sink) Status() Status {
	st := &s.status
	st.mu.Lock()
	defer st.mu.Unlock()
	out := Status{Group: s.Name(), Breaker: s.deps.Table.Breaker(), Partitions: []PartitionStatus{}}
	out.State, out.LastError = s.standing.Now()
	for _, p := range slices.Sorted(maps.Keys(st.claims)) {
		h := st.claims[p]
		ps := PartitionStatus{Partition: p, Committed: h.at.next, End: max(h.end(), h.at.next), Accounting: h.at.meta.Accounting}
		out.Lag += ps.End - ps.Committed
		out.Accounting.Add(ps.Accounting)
		out.Partitions = append(out.Partitions, ps)
	}
	return out
}

// waiting books what a partition waits for. That nothing is sent for a while says less than what it was before.
func (s *Sink) waiting(partition int32, err error) {
	if Kind(err) != KindBreakerOpen || !s.standing.Waits(partition) {
		s.standing.Waiting(partition, err)
	}
}

// claimed books a partition that was taken over; the result unbooks it.
func (s *Sink) claimed(partition int32, at checkpoint, messages sarama.ConsumerGroupClaim) func() {
	st := &s.status
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.claims == nil {
		st.claims = map[int32]*holding{}
	}
	h := &holding{at, messages.HighWaterMarkOffset}
	st.claims[partition] = h
	return func() {
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.claims[partition] == h {
			delete(st.claims, partition)
		}
	}
}

// committed books a commit.
func (s *Sink) committed(partition int32, at checkpoint) {
	st := &s.status
	st.mu.Lock()
	defer st.mu.Unlock()
	if h := st.claims[partition]; h != nil {
		h.at = at
	}
	s.standing.Committed()
}
