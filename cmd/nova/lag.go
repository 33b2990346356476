package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// lagPatience is how long one look at the brokers may take.
const lagPatience = 10 * time.Second

func (p *program) lag() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{Use: "lag", Short: "How far each group is behind, and what became of its inputs, as the brokers know it", Args: takes()})
	every := cmd.Flags().Duration("watch", 0, "look again this often until stopped, as in 2s; once if 0")
	asJSON := cmd.Flags().Bool("json", false, "print JSON, one line per look, in the form of /v1/status")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *every < 0 {
			return usageError{fmt.Errorf("--watch must not be negative, is %s", *every)}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		w, err := app.NewWatcher(cfg.Kafka)
		if err != nil {
			return err
		}
		defer w.Close()
		write := lagTable
		if *asJSON {
			write = func(out io.Writer, st api.Status) error { return json.NewEncoder(out).Encode(st) }
		}
		look := func(ctx context.Context) error { return p.look(ctx, w, cfg.HTTP.Addr, write) }
		if *every == 0 {
			return look(cmd.Context())
		}
		return p.watch(cmd.Context(), *every, func(ctx context.Context) error {
			if !*asJSON && isTerminal(p.stdout) {
				fmt.Fprint(p.stdout, "\x1b[H\x1b[2J") // from the top of an empty screen
			}
			return look(ctx)
		})
	}
	return cmd
}

// look asks the brokers once, and the process that answers at addr, if there is one, for what only it knows.
func (p *program) look(ctx context.Context, w *app.Watcher, addr string, write func(io.Writer, api.Status) error) error {
	ctx, cancel := context.WithTimeout(ctx, lagPatience)
	defer cancel()
	if err := w.Reach(ctx); err != nil {
		return err
	}
	st, err := w.Status(ctx)
	if errors.Is(err, streams.ErrNoTopic) {
		return fmt.Errorf("%w: run `nova topics provision` first", err)
	}
	if err != nil {
		return err
	}
	_ = app.AddLocal(ctx, &st, addr) // without it, the brokers' part is told
	return write(p.stdout, st)
}

// watch looks again and again; a look that fails is told, and the next may not. To be stopped is its proper end.
func (p *program) watch(ctx context.Context, every time.Duration, look func(context.Context) error) error {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if err := look(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(p.stderr, "nova: "+oneLine(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// lagTable writes a line per partition, and one per group over all of them.
func lagTable(out io.Writer, st api.Status) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "GROUP\tPARTITION\tMEMBER\tCOMMITTED\tEND\tLAG\tIN\tAPPLIED\tDUPLICATE\tREPLAY\tABSORBED\tSKIPPED\tDEAD\tBALANCED\tMETADATA\tTABLE READ\tCOMMITS")
	for _, g := range st.Groups {
		share, commits := 0, int64(0)
		for _, p := range g.Partitions {
			owner, committed := p.Owner, strconv.FormatInt(p.Committed, 10)
			if owner == "" {
				owner = "nobody"
			}
			if p.Committed < 0 {
				committed = "never"
			}
			metadata := fmt.Sprintf("%d/%d", p.MetadataBytes, p.MetadataLimit)
			if p.MetadataAlarm {
				metadata += " !"
			}
			commits += p.Commits
			share = max(share, 100*p.MetadataBytes/max(p.MetadataLimit, 1))
			fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\t%d\t%s\t%s\t%s\t%s\n", g.Group, p.Partition, owner, committed, p.End, p.Lag, columns(p.Accounting), yesNo(p.Accounting.Balanced()), metadata, local(p))
		}
		fmt.Fprintf(t, "%s\tall\t%d, %s\t\t\t%d\t%s\t%s\t%d %%\t\t%d\n", g.Group, g.Members, g.State, g.Lag, columns(st.Accounting[g.Group]), yesNo(g.Balanced), share, commits)
	}
	return t.Flush()
}

// columns are the numbers of an accounting, which add up to the first.
func columns(a schemas.Accounting) string {
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d\t%d", a.In, a.Applied, a.Duplicate, a.Replay, a.Absorbed, a.Skipped, a.Dead)
}

// local is what the process says that has the partition: how far its table is read, and its commits. A dash stands for
// what nobody was there to say.
func local(p api.Partition) string {
	if p.State == "" {
		return "-\t-"
	}
	read := "-"
	if r := p.Recovery; r != nil {
		read = "yes"
		if r.At < r.To {
			read = fmt.Sprintf("%d %%", 100*(r.At-r.From)/(r.To-r.From))
		}
	}
	return fmt.Sprintf("%s\t%d", read, p.Commits)
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "NO"
}
