package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/jobs"
)

// program is what all commands share.
type program struct {
	environ        []string
	stdout, stderr io.Writer
	file           string
	sets           []string
}

func (p *program) root() *cobra.Command {
	root := group("nova", "A social network's real-time back end on Kafka: events in, trending and ClickHouse out.",
		p.demo(), p.run(), p.load(), p.topics(), p.topology(), p.lag(), p.reconcile(), p.tables(), p.dlq(), p.cdc(), p.sql(), p.token(), p.migrate(), p.config(), p.version())
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	root.PersistentFlags().StringVar(&p.file, "config", "", "YAML `file` of settings")
	root.PersistentFlags().StringArrayVar(&p.sets, "set", nil, "one setting as `KEY=VALUE` (nova config lists them); may be repeated")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	return root
}

// group is a command that only holds others.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		names := make([]string, len(commands))
		for i, c := range commands {
			names[i] = c.Name()
		}
		return usageError{fmt.Errorf("%s has no command %q; there are %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))}
	}}
	g.AddCommand(commands...)
	return g
}

// takes makes a wrong number of arguments a mistake of usage.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usageError{fmt.Errorf("%s takes %d arguments (%s), got %d", cmd.CommandPath(), len(names), strings.Join(names, " "), len(args))}
		}
		return nil
	}
}

const settingAnnotation = "setting"

// setting adds a flag that stands for a setting; its default is whatever the configuration says.
func setting(cmd *cobra.Command, flag, key, usage string) {
	cmd.Flags().String(flag, "", usage+" (setting "+key+")")
	cmd.Flags().Lookup(flag).Annotations = map[string][]string{settingAnnotation: {key}}
}

// brokersFlag adds --brokers.
func brokersFlag(cmd *cobra.Command) *cobra.Command {
	setting(cmd, "brokers", "kafka.brokers", "Kafka's bootstrap addresses, host:port,…")
	return cmd
}

// settings returns the configuration in force for cmd.
func (p *program) settings(cmd *cobra.Command) (*config.Effective, error) {
	src := config.Sources{File: p.file, Environ: p.environ}
	for _, s := range p.sets {
		key, value, found := strings.Cut(s, "=")
		if !found {
			return nil, usageError{fmt.Errorf("--set takes KEY=VALUE, got %q", s)}
		}
		src.Flags = append(src.Flags, config.Flag{Name: "--set", Key: key, Value: value})
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if key := f.Annotations[settingAnnotation]; key != nil {
			src.Flags = append(src.Flags, config.Flag{Name: "--" + f.Name, Key: key[0], Value: f.Value.String()})
		}
	})
	cfg, err := config.Load(src)
	if err != nil {
		return nil, usageError{err}
	}
	return cfg, nil
}

// jobs returns what reads the named jobs anew, from the same sources; nil where no file could have any.
func (p *program) jobs(cmd *cobra.Command) func() (jobs.Specs, error) {
	if p.file == "" {
		return nil
	}
	return func() (jobs.Specs, error) {
		cfg, err := p.settings(cmd)
		if err != nil {
			return nil, err
		}
		return cfg.Jobs, nil
	}
}

// logger writes to standard error as the configuration says.
func (p *program) logger(l config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		options.ReplaceAttr = withUnits
		return slog.New(slog.NewJSONHandler(p.stderr, options))
	}
	return slog.New(slog.NewTextHandler(p.stderr, options))
}

// withUnits writes durations as people do, 1.5s: in JSON they would be numbers of nanoseconds.
func withUnits(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}

// isTerminal reports whether w is a screen a person looks at.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
