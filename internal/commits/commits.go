// Package commits keeps a member in its consumer group, asks group coordinators for offsets and sends them theirs, with what lies
// beside them, and counts those that are sent, by processors, sinks and other consumers alike. An offset that was accepted is one of a member that had the partition.
package commits

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// ErrFailed says that the coordinator did not take an offset, or did not answer. Nothing is lost: what lies behind the
// last offset it took is done again, by this member or the partition's next owner.
var ErrFailed = errors.New("commits: an offset was not committed")

// Metrics is kafka_offset_commits_total.
type Metrics struct{ commits *prometheus.CounterVec }

// NewMetrics registers the counter, or finds the one that is registered.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kafka_offset_commits_total", Help: "Offsets of partitions sent to the coordinator, by result: accepted, refused, or failed without an answer.",
	}, []string{"group", "result"})}
	err := registry.Register(m.commits)
	if there, is := errors.AsType[prometheus.AlreadyRegisteredError](err); is {
		if same, ok := there.ExistingCollector.(*prometheus.CounterVec); ok {
			return &Metrics{same}
		}
	}
	if err != nil {
		panic(err) // another metric of that name: a bug, as MustRegister has it
	}
	return m
}

// Group returns the counts of one group.
func (m *Metrics) Group(group string) *Group {
	if m == nil {
		return nil
	}
	return &Group{
		accepted: m.commits.WithLabelValues(group, "accepted"), refused: m.commits.WithLabelValues(group, "refused"),
		failed: m.commits.WithLabelValues(group, "failed"),
	}
}

// Group counts for one group. A nil *Group counts nothing.
type Group struct{ accepted, refused, failed prometheus.Counter }

// Answered counts what the coordinator said of the offset of a partition, nil for accepted.
func (g *Group) Answered(refusal error) {
	switch {
	case g == nil:
	case refusal == nil:
		g.accepted.Inc()
	default:
		g.refused.Inc()
	}
}

// Unanswered counts offsets of which the coordinator said nothing.
func (g *Group) Unanswered(offsets int) {
	if g != nil {
		g.failed.Add(float64(offsets))
	}
}
