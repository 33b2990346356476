package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/reconcile"
)

// errDiffers says that a comparison was made and something differs.
var errDiffers = errors.New("events, rows and accounting differ")

// comparisonError is why a comparison could not be made.
type comparisonError struct{ error }

func (e comparisonError) Unwrap() error { return e.error }

func (p *program) reconcile() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{
		Use: "reconcile", Short: "Compare events, accounting, dead letters and ClickHouse, and name each difference", Args: takes(),
		Long: "Compare, per hour and partition, the events that came in with what became of them, and the inserts into ClickHouse with\n" +
			"each other. Differences are named by partition and offsets. Ends with 0 if all is balanced, 1 if not, 2 if it could not tell.",
	})
	setting(cmd, "registry", "registry.url", "URL of the schema registry")
	setting(cmd, "clickhouse", "clickhouse.addrs", "ClickHouse's addresses, host:port,…")
	setting(cmd, "since", "reconcile.since", "how far back inserts and hours are looked at, as in 48h")
	setting(cmd, "wait", "reconcile.patience", "how long records on their way are waited for, as in 30s")
	hour := cmd.Flags().String("hour", "", "show one hour by partition, such as 2026-11-28T16:00:00Z")
	format := cmd.Flags().String("format", "text", "text or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *format != "text" && *format != "json" {
			return usageError{fmt.Errorf("--format must be text or json, is %q", *format)}
		}
		var one time.Time
		if *hour != "" {
			at, err := time.Parse(time.RFC3339, *hour)
			if err != nil || !at.Equal(at.Truncate(time.Hour)) {
				return usageError{fmt.Errorf("--hour must be a full hour such as 2026-11-28T16:00:00Z, is %q", *hour)}
			}
			one = at.UTC()
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		now := time.Now()
		if !one.IsZero() {
			cfg.Reconcile.Since = max(cfg.Reconcile.Since, now.Sub(one))
			if err := cfg.Reconcile.Validate(); err != nil {
				return usageError{err}
			}
		}
		codecs, stop, err := connectCodecs(cmd.Context(), cfg, p.logger(cfg.Log))
		if err != nil {
			return comparisonError{err}
		}
		defer stop()
		steps := progress{p.stderr, isTerminal(p.stderr)}
		report, err := app.Reconcile(cmd.Context(), cfg.Config, codecs, now, steps.show)
		steps.show("")
		if err != nil {
			return comparisonError{err}
		}
		return p.report(report, *format, one)
	}
	return cmd
}

func (p *program) report(r *reconcile.Report, format string, hour time.Time) error {
	var err error
	if format == "json" {
		out := json.NewEncoder(p.stdout)
		out.SetIndent("", "  ")
		err = out.Encode(r)
	} else {
		err = r.Print(p.stdout, hour)
	}
	if err == nil && !r.Balanced {
		err = errDiffers
	}
	return err
}

// progress shows what a long job is doing, on a screen a person looks at.
type progress struct {
	out   io.Writer
	shown bool
}

func (s progress) show(step string) {
	if s.shown {
		fmt.Fprint(s.out, "\r\x1b[K"+step)
	}
}
