package clickhouse

import (
	"maps"
	"slices"
	"sync"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
)

// The states of a sink.
const (
	StateStarting = "starting" // not in the group yet, or again
	StateRunning  = "running"
	StateWaiting  = "waiting" // at least one partition tries again: ClickHouse or the dead-letter topic does not answer
	StateStopped  = "stopped" // Run has returned as asked
	StateFailed   = "failed"  // Run has returned an error
)

// Status is how a sink is doing, for /v1/status. Partitions are those this member holds.
type Status struct {
	Group      string             `json:"group"`
	State      string             `json:"state"`
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

// status is what a sink knows about itself.
type status struct {
	mu      sync.Mutex
	state   string
	lastErr string
	claims  map[int32]*holding
	stuck   map[int32]string // partitions that try again, and what stands in their way
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
	out := Status{Group: s.Name(), State: st.state, Breaker: s.deps.Table.Breaker(), LastError: st.lastErr, Partitions: []PartitionStatus{}}
	switch {
	case st.state == "":
		out.State = StateStarting
	case st.state == StateRunning && len(st.stuck) > 0:
		out.State = StateWaiting
	}
	if stuck := slices.Sorted(maps.Keys(st.stuck)); len(stuck) > 0 {
		out.LastError = st.stuck[stuck[0]]
	}
	for _, p := range slices.Sorted(maps.Keys(st.claims)) {
		h := st.claims[p]
		ps := PartitionStatus{Partition: p, Committed: h.at.next, End: max(h.end(), h.at.next), Accounting: h.at.meta.Accounting}
		out.Lag += ps.End - ps.Committed
		out.Accounting.Add(ps.Accounting)
		out.Partitions = append(out.Partitions, ps)
	}
	return out
}

func (st *status) running() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.state = StateRunning
}

func (st *status) failed(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.state = StateStarting
	if err != nil {
		st.lastErr = err.Error()
	}
}

func (st *status) ended(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.state = StateStopped
	if err != nil {
		st.state, st.lastErr = StateFailed, err.Error()
	}
}

// waiting books what a partition waits for. That nothing is sent for a while says less than what it was before.
func (st *status) waiting(partition int32, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.stuck == nil {
		st.stuck = map[int32]string{}
	}
	if Kind(err) == KindBreakerOpen && st.stuck[partition] != "" {
		return
	}
	st.stuck[partition] = err.Error()
}

func (st *status) waited(partition int32) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.stuck, partition)
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
	st.lastErr = ""
}
