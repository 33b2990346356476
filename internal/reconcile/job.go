package reconcile

import (
	"context"
	"log/slog"
	"time"
)

// Job compares every so often and tells what it finds.
type Job struct {
	Every   time.Duration
	Compare func(ctx context.Context, now time.Time) (*Report, error)
	Publish func(*Report) // told of each comparison that could be made
	Metrics *Metrics
	Log     *slog.Logger
}

// Run compares until ctx ends, which is no error; nor is a comparison that cannot be made.
func (j *Job) Run(ctx context.Context) error {
	ticker := time.NewTicker(j.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			j.once(ctx)
		}
	}
}

func (j *Job) once(ctx context.Context) {
	begin := time.Now()
	r, err := j.Compare(ctx, begin)
	if ctx.Err() != nil {
		return
	}
	j.Metrics.compared(r, time.Since(begin))
	if err != nil {
		j.Log.WarnContext(ctx, "could not reconcile", "err", err)
		return
	}
	j.Publish(r)
	if r.Balanced {
		j.Log.DebugContext(ctx, "reconciled", "settled", r.Settled, "open", r.Open, "took", time.Since(begin))
		return
	}
	for n, f := range r.Findings {
		if n == maxLines {
			j.Log.ErrorContext(ctx, "there are more differences", "more", len(r.Findings)-n)
			break
		}
		j.Log.ErrorContext(ctx, "events, rows and accounting differ", "kind", f.Kind, "rows", f.Rows, "what", f.String())
	}
}

// maxLines is how many findings are logged of one comparison.
const maxLines = 10
