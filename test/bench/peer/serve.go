package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// serve answers the benchmark until ctx ends.
func (p *peer) serve(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /progress", p.progress)
	mux.HandleFunc("GET /stats", p.stats)
	mux.HandleFunc("GET /dump", p.dump)
	mux.HandleFunc("GET /top", p.top)
	mux.HandleFunc("GET /posts", p.posts)
	server := &http.Server{Addr: p.env.addr, Handler: mux, ReadHeaderTimeout: time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// progress says what this process has done so far.
func (p *peer) progress(w http.ResponseWriter, _ *http.Request) {
	read, err := p.outcomes(string(topology.Dedup))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	counted, err := p.outcomes(string(topology.Scores))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	consumed := int64(0)
	for _, n := range read {
		consumed += n
	}
	answer(w, map[string]any{
		"ready": p.ready(), "consumed": consumed, "forwarded": read[schemas.Applied.String()],
		"applied": counted[schemas.Applied.String()] + counted[schemas.Late.String()],
	})
}

// outcomes reads the layer's own counters of a group.
func (p *peer) outcomes(group string) (map[string]int64, error) {
	families, err := p.metrics.Gather()
	if err != nil {
		return nil, err
	}
	n := map[string]int64{}
	for _, f := range families {
		if f.GetName() != "nova_stream_inputs_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["group"] == group {
				n[labels["outcome"]] += int64(m.GetCounter().GetValue())
			}
		}
	}
	return n, nil
}
