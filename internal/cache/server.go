package cache

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Watcher looks at the server: how much it holds, and whether it evicts what it holds.
//
// Eviction is no harm to a page, which is made anew. It is to what keeps old pages away: the index of a page, without which
// a change does not find it, and the marker of a change, without which a late page is stored again. All of them have a TTL,
// a page the shortest; so with volatile-ttl pages most likely go first, and with noeviction nothing does. Under any other policy a page
// may be old for as long as it lives.
type Watcher struct {
	connection
	every   time.Duration
	timeout time.Duration
	metrics *ServerMetrics
	log     *slog.Logger

	warned struct{ policy, evicted, silent bool } // once each
}

// watchEvery is the time between two looks.
const watchEvery = 15 * time.Second

// NewWatcher returns one that connects when it first looks. metrics may be nil.
func NewWatcher(cfg Config, metrics *ServerMetrics, log *slog.Logger) (*Watcher, error) {
	connection, err := cfg.connect(writer)
	if err != nil {
		return nil, err
	}
	return &Watcher{connection: connection, every: watchEvery, timeout: cfg.Timeout, metrics: metrics, log: log}, nil
}

// Run looks until ctx ends, and returns nil. It does not fail when Redis does.
func (w *Watcher) Run(ctx context.Context) error {
	again := time.NewTicker(w.every)
	defer again.Stop()
	for {
		w.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		}
	}
}

func (w *Watcher) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	state, err := w.ask(ctx)
	switch {
	case err != nil && ctx.Err() == nil && !w.warned.silent:
		w.warned.silent = true
		w.log.WarnContext(ctx, "Redis does not say how it is doing", "err", err)
	case err == nil:
		w.warned.silent = false
		w.metrics.looked(state)
		w.judge(ctx, state)
	}
}

// judge warns of what may bring old pages back.
func (w *Watcher) judge(ctx context.Context, s serverState) {
	if !s.safe() && !w.warned.policy {
		w.warned.policy = true
		w.log.WarnContext(ctx, "Redis may evict what keeps old pages away: set maxmemory-policy to volatile-ttl or noeviction", "maxmemory_policy", s.policy, "maxmemory", s.limit)
	}
	if s.evicted > 0 && !w.warned.evicted {
		w.warned.evicted = true
		w.log.WarnContext(ctx, "Redis has evicted keys: it has too little memory", "keys", s.evicted, "used_memory", s.memory, "maxmemory", s.limit, "maxmemory_policy", s.policy)
	}
}

// serverState is how the server is doing. What it does not say is 0.
type serverState struct {
	memory  int64 // bytes
	limit   int64 // bytes; 0 for none
	policy  string
	evicted int64 // keys, since it started
	keys    int64
}

// safe reports whether pages go before what keeps old ones away.
func (s serverState) safe() bool {
	return s.limit == 0 || s.policy == "noeviction" || s.policy == "volatile-ttl"
}

// ask does without CONFIG, which managed servers refuse.
func (w *Watcher) ask(ctx context.Context) (s serverState, err error) {
	memory, err := w.client.Info(ctx, "memory").Result()
	if err != nil {
		return s, fmt.Errorf("asking Redis for its memory: %w", err)
	}
	stats, err := w.client.Info(ctx, "stats").Result()
	if err != nil {
		return s, fmt.Errorf("asking Redis for its statistics: %w", err)
	}
	if s.keys, err = w.client.DBSize(ctx).Result(); err != nil {
		return s, fmt.Errorf("asking Redis for its keys: %w", err)
	}
	s.read(memory)
	s.read(stats)
	return s, nil
}

// read takes what it knows from the answer to INFO.
func (s *serverState) read(info string) {
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "maxmemory_policy" {
			s.policy = value
		}
		if at := map[string]*int64{"used_memory": &s.memory, "maxmemory": &s.limit, "evicted_keys": &s.evicted}[name]; at != nil {
			*at, _ = strconv.ParseInt(value, 10, 64)
		}
	}
}
