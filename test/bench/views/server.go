package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

//go:embed events.sql
var eventsSQL string

// server is a ClickHouse at host:port, asked as by any HTTP client.
type server struct{ addr string }

// send sends a statement and copies the answer to w.
func (s server) send(ctx context.Context, sql string, params map[string]string, w io.Writer) error {
	q := url.Values{"database": {"nova"}, "default_format": {"TSV"}}
	for name, value := range params {
		q.Set(name, value)
	}
	to := url.URL{Scheme: "http", Host: s.addr, Path: "/", RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(sql))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		body, err := io.ReadAll(res.Body)
		return fmt.Errorf("%s: %s: %w", sql, body, errors.Join(errRefused, err))
	}
	_, err = io.Copy(w, res.Body)
	return err
}

var errRefused = errors.New("the server refuses")

// ask sends a statement and returns the answer.
func (s server) ask(ctx context.Context, sql string, params map[string]string) (string, error) {
	var answer strings.Builder
	err := s.send(ctx, sql, params, &answer)
	return strings.TrimSpace(answer.String()), err
}

// block is how many events an insert has.
const block = 250_000

// load inserts the events, the last of them as old as now, and returns how long that took.
func (s server) load(ctx context.Context, posts, events uint64) (time.Duration, error) {
	begin := time.Now()
	for from := uint64(0); from < events; from += block {
		_, err := s.ask(ctx, eventsSQL, map[string]string{
			"param_posts":  strconv.FormatUint(posts, 10),
			"param_events": strconv.FormatUint(events, 10),
			"param_from":   strconv.FormatUint(from, 10),
			"param_rows":   strconv.FormatUint(min(block, events-from), 10),
			"param_end_ms": strconv.FormatInt(begin.UnixMilli(), 10),

			"insert_deduplication_token": strconv.FormatUint(from, 10),
		})
		if err != nil {
			return 0, fmt.Errorf("inserting: %w", err)
		}
	}
	return time.Since(begin), s.refresh(ctx)
}

func (s server) refresh(ctx context.Context) error {
	for _, sql := range []string{"SYSTEM REFRESH VIEW post_stats_24h_mv", "SYSTEM WAIT VIEW post_stats_24h_mv"} {
		if _, err := s.ask(ctx, sql, nil); err != nil {
			return fmt.Errorf("refreshing: %w", err)
		}
	}
	return nil
}

func (s server) merge(ctx context.Context) error {
	for _, table := range []string{"post_events", "post_engagement_hourly", "post_engagement_minutely"} {
		if _, err := s.ask(ctx, "OPTIMIZE TABLE "+table+" FINAL", nil); err != nil {
			return fmt.Errorf("merging: %w", err)
		}
	}
	return nil
}
