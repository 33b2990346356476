package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/streams"
)

// here is what this process runs itself. It is filled while the program may already answer.
type here struct {
	stages    atomic.Pointer[[]*streams.Stage]
	sinks     atomic.Pointer[[]*clickhouse.Sink]
	consumers atomic.Pointer[[]*consume.Consumer]
	writer    atomic.Pointer[clickhouse.Client] // of the sinks
	reader    atomic.Pointer[clickhouse.Client] // of the API
	built     atomic.Bool                       // nothing more comes
	// database has the metrics of the groups between Debezium and the tables, if this process runs any
	database    atomic.Pointer[prometheus.Registry]
	revocations atomic.Pointer[revocations] // nil where no tokens are taken
	// reconciled is what the last comparison here found, nil before the first
	reconciled atomic.Pointer[api.Reconciliation]
	jobs       atomic.Pointer[jobs.Scheduler] // nil where there is no periodic work
	diary      atomic.Pointer[jobs.Diary]     // nil where nobody asks for the runs of others
}

// statuses returns how the goka groups of this process stand.
func (h *here) statuses() []streams.Status {
	stages := h.stages.Load()
	if stages == nil {
		return nil
	}
	all := make([]streams.Status, len(*stages))
	for i, s := range *stages {
		all[i] = s.Status()
	}
	return all
}

// groups returns the names of the groups this process runs.
func (h *here) groups() map[string]bool {
	names := map[string]bool{}
	if stages := h.stages.Load(); stages != nil {
		for _, s := range *stages {
			names[s.Name()] = true
		}
	}
	if sinks := h.sinks.Load(); sinks != nil {
		for _, s := range *sinks {
			names[s.Name()] = true
		}
	}
	if consumers := h.consumers.Load(); consumers != nil {
		for _, c := range *consumers {
			names[c.Name()] = true
		}
	}
	return names
}

// ready reports whether all groups of this process have joined and read their tables. A sink that waits for ClickHouse
// or a consumer that waits for Redis is ready: it goes on by itself.
func (h *here) ready() bool {
	for _, st := range h.statuses() {
		if st.State != streams.Running {
			return false
		}
	}
	if sinks := h.sinks.Load(); sinks != nil {
		for _, s := range *sinks {
			if st := s.Status().State; st != commits.StateRunning && st != commits.StateWaiting {
				return false
			}
		}
	}
	if consumers := h.consumers.Load(); consumers != nil {
		for _, c := range *consumers {
			if st := c.Status().State; st != commits.StateRunning && st != commits.StateWaiting {
				return false
			}
		}
	}
	if v := h.revocations.Load(); v != nil && !v.Recovered() {
		return false
	}
	return h.built.Load()
}

// pingPatience is how long a question for health waits for ClickHouse.
const pingPatience = 500 * time.Millisecond

// degraded returns the servers that what runs here needs and goes on without: the sink waits, and the API answers from
// its views. Of the sink's server its breaker tells: asking in vain would count there as a failure.
func (h *here) degraded(ctx context.Context) []string {
	away := false
	if writer := h.writer.Load(); writer != nil {
		away = writer.Breaker() != clickhouse.BreakerClosed
	}
	if reader := h.reader.Load(); reader != nil && !away {
		ctx, cancel := context.WithTimeout(ctx, pingPatience)
		defer cancel()
		away = reader.Ping(ctx) != nil
	}
	if away {
		return []string{"clickhouse"}
	}
	return nil
}

// fill adds to a group what this process knows of it.
func (h *here) fill(g *api.Group) {
	if sinks := h.sinks.Load(); sinks != nil {
		for _, s := range *sinks {
			if s.Name() == g.Group {
				st := s.Status()
				g.State, g.LastError, g.Breaker = api.State(st.State), st.LastError, st.Breaker
			}
		}
	}
	if consumers := h.consumers.Load(); consumers != nil {
		for _, c := range *consumers {
			if c.Name() == g.Group {
				st := c.Status()
				g.State, g.LastError = api.State(st.State), st.LastError
			}
		}
	}
	if stages := h.stages.Load(); stages != nil {
		for _, s := range *stages {
			if s.Name() == g.Group {
				fillFrom(g, s.Status())
			}
		}
	}
}

// fillFrom adds to a group how its stage stands.
func fillFrom(g *api.Group, st streams.Status) {
	g.State, g.Instance, g.Rebuilds, g.CrashLoop = api.State(st.State), st.Instance, st.Rebuilds, st.CrashLoop
	if st.LastError != nil {
		g.LastError = st.LastError.Error()
	}
	owned := map[int32]streams.PartitionState{}
	for _, p := range st.Partitions {
		owned[p.Partition] = p
	}
	for i := range g.Partitions {
		p := &g.Partitions[i]
		own, ok := owned[p.Partition]
		if !ok {
			continue
		}
		p.State = api.State(own.State)
		p.Recovery = &api.Recovery{From: own.Recovery.From, At: own.Recovery.At, To: own.Recovery.To}
		p.PauseSeconds, p.Commits = own.Pause.Seconds(), own.Commits
		p.Table = &api.Table{Rows: own.Rows, MemoryBytes: own.Memory, DiskBytes: own.Disk}
	}
}
