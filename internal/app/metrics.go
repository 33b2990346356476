package app

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

func perPartition(name, help string, more ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"group", "partition"}, more...), nil)
}

var (
	lagRecords   = perPartition("nova_stream_lag_records", "Records of the input not yet committed, by a group of this process, whoever has the partition; missing while Kafka does not answer.")
	unaccounted  = perPartition("nova_stream_unaccounted_records", "Inputs before the committed offset of which nobody knows what became; anything but 0 is a loss.")
	tableRows    = perPartition("nova_stream_table_rows", "Rows of the table, of a partition of this process.")
	tableBytes   = perPartition("nova_stream_table_bytes", "Size of the table, of a partition of this process.", "where")
	recoveryLeft = perPartition("nova_stream_recovery_remaining_records", "Offsets of the changelog still to be read before the partition runs.")
)

// stageCollector tells how the partitions of this process stand, when asked.
type stageCollector struct{ here *here }

// Describe implements prometheus.Collector.
func (c stageCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- tableRows
	ch <- tableBytes
	ch <- recoveryLeft
}

// Collect implements prometheus.Collector.
func (c stageCollector) Collect(ch chan<- prometheus.Metric) {
	for _, st := range c.here.statuses() {
		collectStage(ch, st)
	}
}

func collectStage(ch chan<- prometheus.Metric, st streams.Status) {
	for _, p := range st.Partitions {
		part := strconv.Itoa(int(p.Partition))
		gauge(ch, tableRows, p.Rows, st.Group, part)
		gauge(ch, tableBytes, p.Memory, st.Group, part, "memory")
		gauge(ch, tableBytes, p.Disk, st.Group, part, "disk")
		left := int64(0)
		if p.State == streams.Recovering {
			left = max(p.Recovery.To-p.Recovery.At, 0)
		}
		gauge(ch, recoveryLeft, left, st.Group, part)
	}
}

// Collectors are what a process tells of its groups beyond what those count themselves, for their names: they are of no
// process.
func Collectors() []prometheus.Collector {
	return []prometheus.Collector{stageCollector{}, lagCollector{}}
}

// lagPatience is how long a scrape waits for Kafka.
const lagPatience = 3 * time.Second

// lagCollector asks the brokers, at each scrape, how far the groups of this process are behind.
type lagCollector struct {
	inspector *streams.Inspector
	here      *here
	log       *slog.Logger
}

// Describe implements prometheus.Collector.
func (c lagCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- lagRecords
	ch <- unaccounted
}

// Collect implements prometheus.Collector.
func (c lagCollector) Collect(ch chan<- prometheus.Metric) {
	names := c.here.groups()
	var in []streams.Input
	for _, i := range inputs() {
		if names[i.Group] {
			in = append(in, i)
		}
	}
	if len(in) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lagPatience)
	defer cancel()
	groups, err := c.inspector.Groups(ctx, in)
	if err != nil {
		c.log.WarnContext(ctx, "reading lag for metrics", "err", err)
		return
	}
	for _, g := range groups {
		for _, p := range g.Partitions {
			part := strconv.Itoa(int(p.Partition))
			gauge(ch, lagRecords, p.Lag(), g.Group, part)
			gauge(ch, unaccounted, missing(p.Meta.Accounting), g.Group, part)
		}
	}
}

// missing is how many inputs are in no column.
func missing(a schemas.Accounting) int64 {
	return a.In - (a.Applied + a.Duplicate + a.Replay + a.Absorbed + a.Skipped + a.Dead)
}

func gauge(ch chan<- prometheus.Metric, desc *prometheus.Desc, value int64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
}
