package streams

import (
	"sync"
	"time"
)

// State is where a stage stands.
type State string

// The states of a stage: Starting → Recovering → Running, and back to Recovering when partitions come; Waiting between
// an error and the rebuild; Failed when a rebuild cannot help; Stopped at the end.
const (
	Starting   State = "starting"
	Recovering State = "recovering"
	Running    State = "running"
	Waiting    State = "waiting"
	Failed     State = "failed"
	Stopped    State = "stopped"
)

// Status is how a stage stands in this process.
type Status struct {
	Group      string
	State      State
	Instance   string // name of this process in the group
	LastError  error  // why the last processor ended, nil if none has
	Rebuilds   int    // processors that ended
	CrashLoop  bool   // so many of them lately that somebody should look
	MetaLimit  int    // bytes of metadata the broker takes beside an offset, 0 before it is known
	Partitions []PartitionState
}

// PartitionState is how one partition of this process stands.
type PartitionState struct {
	Partition int32
	State     State    // Recovering or Running
	Recovery  Progress // of the table, in offsets of its changelog
	Rows      int64    // in the table
	Memory    int64    // bytes of heap the table takes
	Disk      int64    // bytes of files the table takes
	MetaBytes int      // of the metadata last committed
}

// Progress is how far something has come from From to To.
type Progress struct{ From, At, To int64 }

// health is what a stage remembers of its processors.
type health struct {
	mu       sync.Mutex
	state    State
	last     error
	rebuilds int
	recent   []time.Time // ends within crashWindow
}

func (h *health) set(s State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = s
}

// failed notes the end of a processor and returns how many there were lately.
func (h *health) failed(err error, s State) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.last = s, err
	h.rebuilds++
	now := time.Now()
	h.recent = append(h.recent, now)
	for now.Sub(h.recent[0]) > crashWindow {
		h.recent = h.recent[1:]
	}
	return len(h.recent)
}

// Status returns how the stage stands in this process. A stage that has joined its group and owns no partition runs.
func (s *Stage) Status() Status {
	s.health.mu.Lock()
	st := Status{Group: s.name, State: s.health.state, LastError: s.health.last, Rebuilds: s.health.rebuilds}
	for i := range s.health.recent {
		st.CrashLoop = st.CrashLoop || time.Since(s.health.recent[i]) <= crashWindow && len(s.health.recent)-i >= s.cfg.CrashLoop
	}
	s.health.mu.Unlock()
	se := s.session.Load()
	if se == nil {
		return st
	}
	st.Instance, st.MetaLimit = se.instance, se.facts.metaLimit
	if !se.joined.Load() {
		return st
	}
	st.State = Running
	for p := range se.owned() {
		ps := p.status()
		st.Partitions = append(st.Partitions, ps)
		if ps.State == Recovering {
			st.State = Recovering
		}
	}
	return st
}

func (p *part) status() PartitionState {
	s := PartitionState{Partition: p.n, State: Recovering, Recovery: p.recovery, MetaBytes: int(p.metaBytes.Load())}
	if p.open.Load() {
		s.State = Running
	}
	s.Recovery.At = p.recovered.Load()
	p.task.mu.Lock()
	defer p.task.mu.Unlock()
	if t := p.task.table; t != nil {
		size := t.store.Size()
		s.Rows, s.Memory, s.Disk = size.Rows, size.Memory, size.Disk
	}
	return s
}
