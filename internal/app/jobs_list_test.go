package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/jobs"
)

// A process without any jobs shows the runs of one that has some; without Redis each shows its own.
func TestJobList_is_that_of_all_processes(t *testing.T) {
	server := miniredis.RunT(t)
	process := func() *App {
		a := &App{cfg: config.Default()}
		a.cfg.Redis.URL = "redis://" + server.Addr()
		require.NoError(t, a.openDiary())
		t.Cleanup(func() { require.NoError(t, a.Close(context.Background())) })
		return a
	}
	runs, shows := process(), process()
	require.Empty(t, shows.here.jobList(t.Context()))
	scheduler := jobs.New(jobs.Deps{Diary: runs.here.diary.Load(), Metrics: jobs.NewMetrics(prometheus.NewRegistry()), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, scheduler.Add(jobs.Job{Name: "j", Kind: "k", Own: true, Every: time.Hour, Run: func(context.Context) error { return nil }}))
	runs.here.jobs.Store(scheduler)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- scheduler.Run(ctx) }()
	require.Eventually(t, func() bool { return len(shows.here.jobList(t.Context())) == 1 }, 10*time.Second, 5*time.Millisecond)
	stop()
	require.NoError(t, <-done)

	j := shows.here.jobList(t.Context())[0]
	require.Equal(t, []string{"j", "k", "ok", runs.here.diary.Load().Process}, []string{j.Name, j.Kind, j.Result, j.Process})
	require.Len(t, j.Runs, 1)
	own := runs.here.jobList(t.Context())
	require.Len(t, own, 1)
	require.WithinDuration(t, j.LastRun, own[0].LastRun, 0)
	require.Len(t, own[0].Runs, 1, "what it knows itself and what Redis knows is the same run")
	server.Close()
	require.Empty(t, shows.here.jobList(t.Context()))
	require.Equal(t, own, runs.here.jobList(t.Context()))
}
