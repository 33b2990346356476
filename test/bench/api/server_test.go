package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

// workerEnv says which server this binary is, and at which socket.
const workerEnv = "BENCH_API_WORKER"

const (
	posts = 1_000
	begin = int64(1_420_074_000_000) // Unix ms
)

func TestMain(m *testing.M) { benchtest.Main(m, workerEnv, work) }

// counted are the posts of the scores table.
type counted struct{ *lifetime.Index }

func (r counted) Window(string) (api.PostWindow, bool) { return api.PostWindow{}, false }

func (r counted) Recovered() bool { return true }

type lists struct{ *timeline.Index }

func (lists) Recovered() bool { return true }

type status struct{}

func (status) Status(context.Context) (api.Status, error) { return api.Status{}, nil }

// handler is the product's, over a list of many posts.
func handler() http.Handler {
	counts := lifetime.New()
	board := trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil)
	for n := range int64(posts) {
		row := &schemas.ScoreRow{Lifetime: engagement.Counts{Views: n, Likes: n / 2, Comments: 3, Shares: 1}, LastEngagement: begin + n}
		for b := range n % 60 {
			row.Buckets = append(row.Buckets, engagement.Bucket{Start: begin + b*5_000, Last: begin + b*5_000, Counts: engagement.Counts{Views: 1 + n%7}})
		}
		id := postID(int(n))
		board.Update(id, row)
		counts.Update(id, row)
	}
	board.Refresh(begin + 300_000)
	return api.New(api.Deps{
		Config: api.DefaultConfig(), Version: "bench", Trending: board, Posts: counted{counts}, Timeline: lists{timeline.New()}, Status: status{},
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}

func postID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }

// work serves until it is told to end: the API, or for each path the bytes that the API would answer.
func work(mode string) error {
	product := handler()
	serve := product
	if mode == "bare" {
		serve = bare(product)
	}
	return benchtest.Serve(mode, serve)
}
