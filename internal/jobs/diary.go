package jobs

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Run is a run that has ended, well or not.
type Run struct {
	Process string        `json:"process"` // that made it
	Kind    string        `json:"kind"`
	Begin   time.Time     `json:"begin"`
	Took    time.Duration `json:"took"` // all tries
	Result  Result        `json:"result"`
	Err     string        `json:"error,omitempty"`
}

const (
	// KeptRuns is how many runs of a job are remembered.
	KeptRuns = 10
	// keptError is how much of an error a run is remembered with, bytes.
	keptError = 500
	// leastLife is how long the runs of a job are remembered at least.
	leastLife = time.Minute
)

// diaryKey is where runs lie in Redis.
const diaryKey = "nova:job-runs"

// Logs keep the last values by name, for a while. *cache.Keys is one.
type Logs interface {
	Push(ctx context.Context, index, name string, value []byte, keep int, ttl time.Duration) error
	Logs(ctx context.Context, index string) (map[string][]string, error)
}

// Diary is where processes tell each other of their runs. What is in it is for people: nothing is decided by it.
type Diary struct {
	Logs
	Process string // name of this one
}

// note adds a run of a job. It is remembered for twice the interval of the job.
func (d *Diary) note(ctx context.Context, j Job, r Run) error {
	value, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding a run of %s: %w", j.Name, err)
	}
	return d.Push(ctx, diaryKey, j.Name, value, KeptRuns, max(2*j.Every, leastLife))
}

// Read returns the last runs of all processes by job, newest first. What cannot be read is left out: another version wrote it.
func (d *Diary) Read(ctx context.Context) (map[string][]Run, error) {
	logs, err := d.Logs.Logs(ctx, diaryKey)
	if err != nil {
		return nil, err
	}
	all := map[string][]Run{}
	for name, values := range logs {
		for _, value := range values {
			var r Run
			if json.Unmarshal([]byte(value), &r) == nil {
				all[name] = append(all[name], r)
			}
		}
	}
	return all, nil
}

// Together adds the runs of all processes to how the jobs of this one stand. Jobs that only others have come with what their
// runs say. The order is by name.
func Together(own []Status, all map[string][]Run) []Status {
	byName := map[string]Status{}
	for _, st := range own {
		byName[st.Name] = st
	}
	for name, runs := range all {
		st, known := byName[name]
		if !known && len(runs) > 0 {
			st = Status{Name: name, Kind: runs[0].Kind}
		}
		st.Runs = newest(st.Runs, runs)
		if len(st.Runs) > 0 {
			byName[name] = st
		}
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
}

// newest returns the newest runs of both, each once.
func newest(a, b []Run) []Run {
	all := slices.SortedFunc(slices.Values(slices.Concat(a, b)), func(a, b Run) int {
		return cmp.Or(b.Begin.Compare(a.Begin), strings.Compare(a.Process, b.Process))
	})
	all = slices.CompactFunc(all, func(a, b Run) bool { return a.Begin.Equal(b.Begin) && a.Process == b.Process })
	return all[:min(len(all), KeptRuns)]
}
