// Command peer runs the product's groups as one peer of a benchmark that other engines take part in.
//
// The benchmark starts it, feeds a topic, kills it, and asks it over HTTP what it has counted; names and addresses come
// from the environment (PB_…). What runs are the product's own graphs, verbs, layer, view and trending list:
//
//	-flow whole   all groups as in production: likes pass reactions, every event passes sessions on its way to the sink
//	-flow lean    dedup and scores alone: every action goes straight to engagements, which is all that other engines do
//
// It has no sink, no registry and no API of the product. Guarantee: that of package streams.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
)

// environment is what the benchmark tells a peer.
type environment struct {
	brokers string
	topic   string // input; it exists
	run     string // beginning of every other topic and of every group
	state   string // directory that outlives a crash
	addr    string // where to answer, host:port
	wall    bool   // the window moves by the clock, not by the events
}

func readEnvironment() (environment, error) {
	e := environment{
		brokers: cmp.Or(os.Getenv("PB_BROKERS"), "127.0.0.1:19092"),
		topic:   cmp.Or(os.Getenv("PB_TOPIC"), "events"),
		run:     os.Getenv("PB_RUN"),
		state:   os.Getenv("PB_STATE"),
		addr:    cmp.Or(os.Getenv("PB_HTTP"), "127.0.0.1:18080"),
		wall:    os.Getenv("PB_CLOCK") == "wall",
	}
	if e.run == "" {
		return e, errors.New("PB_RUN must name the run")
	}
	return e, nil
}

func main() {
	app.TuneCollector()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	err := run(ctx, log)
	stop()
	if err != nil {
		log.ErrorContext(ctx, "ending", "err", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	flow := flag.String("flow", "lean", "what runs: lean or whole")
	profiles := flag.String("pprof", "", "address at which profiles are served, host:port")
	flag.Parse()
	env, err := readEnvironment()
	if err != nil {
		return err
	}
	p, err := newPeer(env, *flow, log)
	if err != nil {
		return err
	}
	if *profiles != "" {
		go serveProfiles(*profiles, log)
	}
	return p.run(ctx)
}

// settings are the product's, with the names and sizes of the benchmark.
func settings(env environment) config.Config {
	cfg := config.Default()
	cfg.Kafka.Brokers = []string{env.brokers}
	cfg.Kafka.Prefix = env.run + "-"
	cfg.Window = window
	cfg.Streams.Instance, cfg.Streams.DataDir = "peer", env.state
	return cfg
}
