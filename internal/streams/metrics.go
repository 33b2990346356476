package streams

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
)

// Metrics are the layer's counters. A nil *Metrics counts nothing.
type Metrics struct {
	inputs     *prometheus.CounterVec
	rebuilds   *prometheus.CounterVec
	epochs     *prometheus.CounterVec
	rows       *prometheus.CounterVec
	expired    *prometheus.CounterVec
	recovered  *prometheus.CounterVec
	commits    *commits.Metrics
	corruption *prometheus.CounterVec
	foreign    *prometheus.CounterVec
	meta       *prometheus.GaugeVec
	metaLimit  *prometheus.GaugeVec
	looping    *prometheus.GaugeVec
	halted     *prometheus.GaugeVec
	pauses     *prometheus.HistogramVec
}

// NewMetrics registers the counters.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"group"}, labels...))
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append([]string{"group"}, labels...))
		reg.MustRegister(g)
		return g
	}
	pauses := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nova_stream_partition_pause_seconds", Buckets: prometheus.ExponentialBuckets(0.005, 2, 14), // up to 41 s
		Help: "How long a partition that moves is not worked on, by step: given, from its revocation to its last commit; taken, from its assignment to its first input, or to there being none.",
	}, []string{"group", "step"})
	reg.MustRegister(pauses)
	return &Metrics{
		pauses:     pauses,
		inputs:     counter("nova_stream_inputs_total", "Input records handled by this process, by outcome; repeats after a crash included.", "outcome"),
		rebuilds:   counter("nova_stream_rebuilds_total", "Processors built anew after an error."),
		epochs:     counter("nova_stream_epochs_total", "Epochs closed."),
		rows:       counter("nova_stream_rows_total", "Changelog records sent."),
		expired:    counter("nova_stream_expired_rows_total", "Rows removed for their age."),
		recovered:  counter("nova_stream_recovered_records_total", "Changelog records read into tables."),
		commits:    commits.NewMetrics(reg),
		corruption: counter("nova_stream_corrupt_tables_total", "Tables on disk that were found corrupt and read anew."),
		foreign:    counter("nova_stream_foreign_writers_total", "Times somebody else was found writing to a table."),
		meta:       gauge("nova_stream_commit_metadata_bytes", "Size of the metadata beside the last committed offset.", "partition"),
		metaLimit:  gauge("nova_stream_commit_metadata_limit_bytes", "Size of such metadata that the broker takes."),
		looping:    gauge("nova_stream_crash_loop", "1 while a stage has been rebuilt again and again lately."),
		halted:     gauge("nova_stream_stopped", "1 for a stage that no rebuild can help: lost input, changed partitions."),
	}
}

// groupMetrics are the counters of one group, looked up once. Nil counts nothing.
type groupMetrics struct {
	all       *Metrics
	group     string
	outcomes  [schemas.Late + 1]prometheus.Counter
	epochs    prometheus.Counter
	rows      prometheus.Counter
	expired   prometheus.Counter
	recovered prometheus.Counter
	commits   *commits.Group
}

func (m *Metrics) group(group string) *groupMetrics {
	if m == nil {
		return nil
	}
	g := &groupMetrics{
		all: m, group: group,
		epochs: m.epochs.WithLabelValues(group), rows: m.rows.WithLabelValues(group), expired: m.expired.WithLabelValues(group),
		recovered: m.recovered.WithLabelValues(group),
		commits:   m.commits.Group(group),
	}
	for o := range g.outcomes {
		g.outcomes[o] = m.inputs.WithLabelValues(group, schemas.Outcome(o).String())
	}
	return g
}

func (g *groupMetrics) input(o schemas.Outcome) {
	if g != nil {
		g.outcomes[o].Inc()
	}
}

func (g *groupMetrics) epoch(rows int) {
	if g != nil {
		g.epochs.Inc()
		g.rows.Add(float64(rows))
	}
}

func (g *groupMetrics) expire(rows int) {
	if g != nil {
		g.expired.Add(float64(rows))
	}
}

func (g *groupMetrics) recover(records int) {
	if g != nil {
		g.recovered.Add(float64(records))
	}
}

// commit counts what the coordinator said of the offset of a partition, nil for accepted.
func (g *groupMetrics) commit(refusal error) {
	if g != nil {
		g.commits.Answered(refusal)
	}
}

// unanswered counts offsets of which the coordinator said nothing.
func (g *groupMetrics) unanswered(offsets int) {
	if g != nil {
		g.commits.Unanswered(offsets)
	}
}

func (g *groupMetrics) meta(part int32, size, limit int) {
	if g != nil {
		g.all.meta.WithLabelValues(g.group, strconv.Itoa(int(part))).Set(float64(size))
		g.all.metaLimit.WithLabelValues(g.group).Set(float64(limit))
	}
}

func (g *groupMetrics) paused(step string, d time.Duration) {
	if g != nil {
		g.all.pauses.WithLabelValues(g.group, step).Observe(d.Seconds())
	}
}

// rebuilt counts a processor that ended.
func (g *groupMetrics) rebuilt() {
	if g != nil {
		g.all.rebuilds.WithLabelValues(g.group).Inc()
	}
}

func (g *groupMetrics) loops(looping bool) {
	if g != nil {
		g.all.looping.WithLabelValues(g.group).Set(oneIf(looping))
	}
}

func (g *groupMetrics) stopped(is bool) {
	if g != nil {
		g.all.halted.WithLabelValues(g.group).Set(oneIf(is))
	}
}

func (g *groupMetrics) foreignWriter() {
	if g != nil {
		g.all.foreign.WithLabelValues(g.group).Inc()
	}
}

func (m *Metrics) corrupt(group string) {
	if m != nil {
		m.corruption.WithLabelValues(group).Inc()
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// WatermarkMetrics tell how far views are. A nil *WatermarkMetrics tells nothing.
type WatermarkMetrics struct{ lag, until *prometheus.GaugeVec }

// NewWatermarkMetrics registers the gauges.
func NewWatermarkMetrics(reg prometheus.Registerer) *WatermarkMetrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, []string{"table"})
		reg.MustRegister(g)
		return g
	}
	return &WatermarkMetrics{
		lag:   gauge("nova_view_lag_records", "Offsets of a table that this process had still to read when it was last asked where the table ends."),
		until: gauge("nova_view_watermark_timestamp_seconds", "Until when this process is known to have all that a table had."),
	}
}

func (m *WatermarkMetrics) set(table string, lag int64, until time.Time) {
	if m != nil {
		m.lag.WithLabelValues(table).Set(float64(lag))
		m.until.WithLabelValues(table).Set(float64(until.UnixMilli()) / 1000)
	}
}
