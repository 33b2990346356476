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

var (
	// errDiffers says that a comparison was made and something differs.
	errDiffers = errors.New("events, rows and accounting differ")
	// errAway says that only what Kafka knows was compared.
	errAway = errors.New("not compared with ClickHouse")
)

// comparisonError is why a comparison could not be made.
type comparisonError struct{ error }

func (e comparisonError) Unwrap() error { return e.error }

func (p *program) reconcile() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{
		Use: "reconcile", Short: "Compare events, accounting, dead letters and ClickHouse, and name each difference", Args: takes(),
		Long: "Compare, per hour and partition, the events that came in with what became of them, and the inserts into ClickHouse with\n" +
			"each other. Differences are named by partition and offsets. Ends with 0 if all is balanced, 1 if not, 2 if it could not\n" +
			"tell, 3 if ClickHouse did not answer and the stages are balanced, which are compared all the same.",
	})
	setting(cmd, "registry", "registry.url", "URL of the schema registry")
	setting(cmd, "clickhouse", "clickhouse.addrs", "ClickHouse's addresses, host:port,…")
	setting(cmd, "since", "reconcile.since", "how far back inserts and hours are looked at, as in 48h")
	setting(cmd, "wait", "reconcile.patience", "how long records on their way are waited for, as in 30s")
	hour := cmd.Flags().String("hour", "", "show one hour by partition, such as 2026-11-28T16 (UTC)")
	format := cmd.Flags().String("format", "text", "text or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *format != "text" && *format != "json" {
			return usageError{fmt.Errorf("--format must be text or json, is %q", *format)}
		}
		var one time.Time
		now := time.Now()
		if *hour != "" {
			var err error
			if one, err = parseHour(*hour, now); err != nil {
				return usageError{err}
			}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		if !one.IsZero() {
			cfg.Reconcile.Since = max(cfg.Reconcile.Since, now.Sub(one))
		}
		codecs, stop, err := connectCodecs(cmd.Context(), cfg, p.logger(cfg.Log))
		if err != nil {
			return comparisonError{err}
		}
		defer stop()
		steps := progress{p.stderr, isTerminal(p.stderr)}
		report, err := app.Reconcile(cmd.Context(), cfg.Config, codecs, now, steps.show, steps.warn)
		steps.show("")
		if err != nil {
			return comparisonError{err}
		}
		return p.report(report, *format, one)
	}
	return cmd
}

// parseHour reads the begin of a full hour that can be looked at.
func parseHour(text string, now time.Time) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		at, err = time.Parse("2006-01-02T15", text)
	}
	if err != nil || !at.Equal(at.Truncate(time.Hour)) {
		return at, fmt.Errorf("--hour must be a full hour such as 2026-11-28T16 or 2026-11-28T16:00:00Z, is %q", text)
	}
	if ago := now.Sub(at); ago < 0 || ago > reconcile.MaxSince {
		return at, fmt.Errorf("--hour must lie within the last %v, is %q", reconcile.MaxSince, text)
	}
	return at.UTC(), nil
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
	switch {
	case err != nil:
		return err
	case len(r.Findings) > 0:
		return errDiffers
	case r.Away != "":
		return errAway
	}
	return nil
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

// warn says something now, on a screen or not.
func (s progress) warn(line string) {
	s.show("")
	fmt.Fprintln(s.out, "nova: "+line)
}
