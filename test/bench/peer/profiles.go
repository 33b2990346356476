package main

import (
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"
)

// serveProfiles serves net/http/pprof.
func serveProfiles(addr string, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	server := &http.Server{Addr: addr, Handler: mux, ReadHeaderTimeout: time.Second}
	log.Warn("serving profiles", "err", server.ListenAndServe())
}
