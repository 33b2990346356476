// Command views measures the named queries through the views and over post_events itself, beside each other, and prints
// what it found as Markdown. It runs a ClickHouse of its own.
//
// Both ways of a query take turns, so that what else the machine does meets both. Before anything is measured, both must
// give the same answer.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/clickhouse/views"
	"github.com/nova-social/nova-streams/internal/devstack"
)

func main() {
	events := flag.Uint64("events", 10_000_000, "events in the 7 days")
	posts := flag.String("posts", "200,2000,20000", "numbers of posts, each a data set of its own")
	rounds := flag.Int("rounds", 9, "how often each query runs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *events, *posts, *rounds)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "views:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, events uint64, posts string, rounds int) error {
	fmt.Printf("%s, %d cores, %s, commit %s\n", time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), runtime.Version(), commit(ctx))
	for text := range strings.SplitSeq(posts, ",") {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("reading the numbers of posts: %w", err)
		}
		if err := dataSet(ctx, n, events, rounds); err != nil {
			return err
		}
	}
	return nil
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

// dataSet loads events of that many posts into a new server and measures: as the inserts left the tables, and merged.
func dataSet(ctx context.Context, posts, events uint64, rounds int) error {
	cfg := devstack.DefaultConfig()
	cfg.Without = ^devstack.ClickHouse
	cfg.Logger = slog.New(slog.DiscardHandler)
	stack, err := devstack.Start(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = stack.Close(context.WithoutCancel(ctx)) }()
	settings := clickhouse.DefaultConfig()
	settings.Addrs = []string{stack.ClickHouseAddr()}
	if _, err := clickhouse.Migrate(ctx, settings); err != nil {
		return err
	}
	queries, err := views.Queries()
	if err != nil {
		return err
	}
	s := server{stack.ClickHouseAddr()}
	took, err := s.load(ctx, posts, events)
	if err != nil {
		return err
	}
	fmt.Printf("\n## %d posts\n\nLoaded %d events in %.0f s, both roll-ups included.\n", posts, events, took.Seconds())
	for _, state := range []string{"as the inserts left it", "merged"} {
		if state == "merged" {
			if err := s.merge(ctx); err != nil {
				return err
			}
		}
		if err := s.report(ctx, state, queries, rounds); err != nil {
			return err
		}
	}
	return nil
}
