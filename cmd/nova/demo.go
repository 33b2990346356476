package main

import (
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/demo"
)

func (p *program) demo() *cobra.Command {
	d := demo.DefaultConfig()
	d.Version = version
	cmd := &cobra.Command{
		Use: "demo", Short: "Run everything on this machine, embedded servers and sample data included", Args: takes(),
		Long: "Run everything on this machine: Kafka, a schema registry, Redis and ClickHouse embedded, the whole pipeline, and a\n" +
			"sample of real events. Settings apply as to `nova run`, except those that name servers.",
	}
	f := cmd.Flags()
	f.StringVar(&d.DataDir, "data-dir", d.DataDir, "where data is kept between runs")
	noSample := f.Bool("no-sample", false, "send no events")
	setting(cmd, "http-addr", "http.addr", "where the API listens, host:port")
	f.StringVar(&d.KafkaAddr, "kafka-addr", d.KafkaAddr, "where Kafka listens, host:port")
	f.StringVar(&d.RegistryAddr, "registry-addr", d.RegistryAddr, "where the schema registry listens, host:port")
	f.StringVar(&d.ClickHouseAddr, "clickhouse-addr", d.ClickHouseAddr, "where ClickHouse listens for HTTP, host:port")
	f.StringVar(&d.RedisAddr, "redis-addr", d.RedisAddr, "where Redis listens, host:port")
	f.DurationVar(&d.StatusEvery, "status-every", d.StatusEvery, "time between two lines on how it goes")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d.Sample = !*noSample
		if d.StatusEvery <= 0 {
			return usageError{fmt.Errorf("--status-every must be positive, is %v", d.StatusEvery)}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		if cfg.Origin("log.level") == "default" {
			cfg.Log.Level = slog.LevelWarn // the status lines are for people
		}
		d.Jobs = p.jobs(cmd)
		progress := func(step string) { fmt.Fprintln(p.stderr, step) }
		return demo.Run(cmd.Context(), d, cfg.Config, p.stdout, progress, p.logger(cfg.Log))
	}
	return cmd
}
