package cache

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// ServerMetrics are what the server says of itself. A nil *ServerMetrics tells nothing.
type ServerMetrics struct {
	memory, limit, keys, unsafe prometheus.Gauge
	evicted                     atomic.Int64
}

// NewServerMetrics registers the metrics of the server.
func NewServerMetrics(r prometheus.Registerer) *ServerMetrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &ServerMetrics{
		memory: gauge("nova_redis_memory_bytes", "Memory that Redis uses."),
		limit:  gauge("nova_redis_memory_limit_bytes", "Memory that Redis may use, maxmemory; 0 for all there is."),
		keys:   gauge("nova_redis_keys", "Keys in the database of Redis that is used."),
		unsafe: gauge("nova_redis_eviction_unsafe", "1 if Redis may evict what keeps old pages away before pages: it has a limit, and maxmemory-policy is neither volatile-ttl nor noeviction."),
	}
	evicted := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "nova_redis_evicted_keys_total", Help: "Keys that Redis has evicted for lack of memory since it started.",
	}, func() float64 { return float64(m.evicted.Load()) })
	r.MustRegister(m.memory, m.limit, m.keys, m.unsafe, evicted)
	return m
}

func (m *ServerMetrics) looked(s serverState) {
	if m == nil {
		return
	}
	m.memory.Set(float64(s.memory))
	m.limit.Set(float64(s.limit))
	m.keys.Set(float64(s.keys))
	m.evicted.Store(s.evicted)
	m.unsafe.Set(0)
	if !s.safe() {
		m.unsafe.Set(1)
	}
}
