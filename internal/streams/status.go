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
	State     State         // Recovering or Running
	Recovery  Progress      // of the table, in offsets of its changelog
	Rows      int64         // in the table
	Memory    int64         // bytes of heap the table takes
	Disk      int64         // bytes of files the table takes
	MetaBytes int           // of the metadata last committed
	Commits   int64         // accepted by the coordinator since the partition was assigned here
	Pause     time.Duration // from being assigned here to the first input handled, or to there being none; 0 as long as it lasts
}

// Progress is how far something has come from From to To.
type Progress struct{ From, At, To int64 }

// health is what a stage remembers of its processors.
type health struct {
	mu       sync.Mutex
	state    State
	last     error
	rebuilds int
	recent   []time.Time // ends within crashWindow that a broker's absence does not explain
}

func (h *health) set(s State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = s
}

// failed notes the end of a processor.
func (h *health) failed(err error, s State) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state, h.last = s, err
	h.rebuilds++
	if !isAway(err) {
		h.recent = append(h.recent, time.Now())
	}
}

// looping reports whether limit processors ended lately, and for how long it will say so if none does again.
func (h *health) looping(limit int) (is bool, rest time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.recent) > 0 && time.Since(h.recent[0]) >= crashWindow {
		h.recent = h.recent[1:]
	}
	if len(h.recent) < limit {
		return false, 0
	}
	return true, crashWindow - time.Since(h.recent[len(h.recent)-limit])
}

// Status returns how the stage stands in this process. A stage that has joined its group and owns no partition runs.
func (s *Stage) Status() Status {
	s.health.mu.Lock()
	st := Status{Group: s.name, State: s.health.state, LastError: s.health.last, Rebuilds: s.health.rebuilds}
	s.health.mu.Unlock()
	st.CrashLoop, _ = s.health.looping(s.cfg.CrashLoop)
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
	s := PartitionState{Partition: p.n, State: Recovering, Recovery: p.recovery, MetaBytes: int(p.metaBytes.Load()), Commits: p.commits.Load(), Pause: time.Duration(p.pause.Load())}
	if p.open.Load() {
		s.State = Running
	}
	s.Recovery.At = p.recovered.Load()
	p.task.mu.Lock()
	defer p.task.mu.Unlock()
	if t := p.task.table; t != nil && !p.task.dead { // a task that is over has given its store back, which may be closed
		size := t.store.Size()
		s.Rows, s.Memory, s.Disk = size.Rows, size.Memory, size.Disk
	}
	return s
}
