package app

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/jobs"
)

// openDiary makes the runs of all processes known to this one, and its own to the others.
func (a *App) openDiary() error {
	keys, err := cache.NewKeys(a.cfg.Redis)
	if err != nil {
		return err
	}
	a.onClose(keys.Close)
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("asking for the name of this machine: %w", err)
	}
	a.here.diary.Store(&jobs.Diary{Logs: keys, Process: fmt.Sprintf("%s:%d", host, os.Getpid())})
	return nil
}

// diaryPatience is how long a question for the status waits for Redis.
const diaryPatience = 500 * time.Millisecond

// jobList returns how periodic work stands: that of this process and, as far as Redis answers, that of all others.
func (h *here) jobList(ctx context.Context) []api.Job {
	var own []jobs.Status
	if scheduler := h.jobs.Load(); scheduler != nil {
		own = scheduler.Status()
	}
	var all map[string][]jobs.Run
	if diary := h.diary.Load(); diary != nil {
		ctx, cancel := context.WithTimeout(ctx, diaryPatience)
		defer cancel()
		all, _ = diary.Read(ctx) // without Redis the list is shorter
	}
	list := []api.Job{}
	for _, st := range jobs.Together(own, all) {
		list = append(list, jobOf(st))
	}
	return list
}

// jobOf is a job with its last run. One of which no run is known may yet be known to have been another process's turn.
func jobOf(st jobs.Status) api.Job {
	j := api.Job{Name: st.Name, Kind: st.Kind, Next: st.Next, Runs: []api.JobRun{}}
	if st.Skipped {
		j.Result = string(jobs.Skipped)
	}
	for i, r := range st.Runs {
		if i == 0 {
			j.LastRun, j.TookSeconds, j.Result, j.LastError, j.Process = r.Begin, r.Took.Seconds(), string(r.Result), r.Err, r.Process
		}
		j.Runs = append(j.Runs, api.JobRun{Begin: r.Begin, TookSeconds: r.Took.Seconds(), Result: string(r.Result), Error: r.Err, Process: r.Process})
	}
	return j
}
