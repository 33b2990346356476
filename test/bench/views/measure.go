package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse/views"
)

// hot is the post that has the most events.
var hot = map[string]string{"param_post_id": "post-1"}

var errDiffer = errors.New("the view and the rows give different answers")

// report prints a table of all queries, and what the tables are like.
func (s server) report(ctx context.Context, state string, queries []views.Query, rounds int) error {
	for _, q := range queries {
		if err := s.compare(ctx, q); err != nil {
			return err
		}
	}
	empty := make([]time.Duration, rounds)
	view, raw := make([][]time.Duration, len(queries)), make([][]time.Duration, len(queries))
	for round := range rounds {
		var err error
		if empty[round], err = s.measure(ctx, "SELECT 1"); err != nil {
			return err
		}
		for i, q := range queries {
			for _, way := range []struct {
				sql  string
				into *[]time.Duration
			}{{q.SQL, &view[i]}, {q.Raw, &raw[i]}} {
				took, err := s.measure(ctx, way.sql)
				if err != nil {
					return err
				}
				*way.into = append(*way.into, took)
			}
		}
	}
	fmt.Printf("\n### %s\n\n", strings.ToUpper(state[:1])+state[1:])
	if err := s.describe(ctx); err != nil {
		return err
	}
	slices.Sort(empty)
	fmt.Printf("\nAn empty query takes %.1f ms at best, %.1f ms in the median of %d.\n", ms(empty[0]), ms(empty[rounds/2]), rounds)
	fmt.Printf("\n| query | view, best | view, median | rows, best | rows, median | best / best | median / median |\n|---|---|---|---|---|---|---|\n")
	for i, q := range queries {
		slices.Sort(view[i])
		slices.Sort(raw[i])
		vb, vm, rb, rm := ms(view[i][0]), ms(view[i][rounds/2]), ms(raw[i][0]), ms(raw[i][rounds/2])
		fmt.Printf("| %s | %.1f ms | %.1f ms | %.1f ms | %.1f ms | %.1f | %.1f |\n", q.Name, vb, vm, rb, rm, rb/vb, rm/vm)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// measure runs a query once, its answer in the format clients use, and read whole.
func (s server) measure(ctx context.Context, sql string) (time.Duration, error) {
	begin := time.Now()
	err := s.send(ctx, sql, map[string]string{"default_format": "Native", "param_post_id": hot["param_post_id"]}, io.Discard)
	return time.Since(begin), err
}

// compare fails if the two ways of a query give different answers, three times: a minute may end between them.
func (s server) compare(ctx context.Context, q views.Query) error {
	for range 3 {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		var answers [2][]string
		for i, sql := range []string{q.SQL, q.Raw} {
			answer, err := s.ask(ctx, sql, hot)
			if err != nil {
				return err
			}
			answers[i] = strings.Split(answer, "\n")
			slices.Sort(answers[i])
		}
		if len(answers[0]) > 1 && slices.Equal(answers[0], answers[1]) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", q.Name, errDiffer)
}

// describe prints parts, sizes and rows of the tables.
func (s server) describe(ctx context.Context) error {
	answer, err := s.ask(ctx, `
		SELECT concat('| ', table, ' | ', toString(sum(rows)), ' | ', toString(count()), ' | ', toString(round(sum(bytes_on_disk) / 1048576, 1)), ' |')
		FROM system.parts
		WHERE database = 'nova' AND active AND table LIKE 'post\\_%'
		GROUP BY table
		ORDER BY table`, nil)
	if err != nil {
		return err
	}
	groups, err := s.ask(ctx, "SELECT concat(toString(uniqExact(hour, post_id)), ' hours of posts, ', toString(round((SELECT count() FROM post_events) / uniqExact(hour, post_id), 1)), ' events each') FROM post_engagement_hourly", nil)
	if err != nil {
		return err
	}
	fmt.Printf("%s.\n\n| table | rows | parts | MiB |\n|---|---|---|---|\n%s\n", groups, answer)
	return nil
}
