package reconcile

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Job compares and tells what it finds.
type Job struct {
	Compare func(ctx context.Context, now time.Time) (*Report, error)
	Publish func(*Report) // told of each comparison that could be made as a whole
	Metrics *Metrics
	Log     *slog.Logger
}

// Run compares once. What it finds is no error; that it could not compare is one. If ctx has ended it returns why, and
// neither counts nor tells.
func (j *Job) Run(ctx context.Context) error {
	_, err := j.run(ctx)
	return err
}

// Check is Run, but what it finds is an error, too.
func (j *Job) Check(ctx context.Context) error {
	r, err := j.run(ctx)
	if err != nil || len(r.Findings) == 0 {
		return err
	}
	first := r.Findings[0]
	return fmt.Errorf("%d differences, the first: %s, %d rows: %s", len(r.Findings), first.Kind, first.Rows, first)
}

func (j *Job) run(ctx context.Context) (*Report, error) {
	begin := time.Now()
	r, err := j.Compare(ctx, begin)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	j.Metrics.compared(r, time.Since(begin))
	switch {
	case err != nil:
		return nil, fmt.Errorf("comparing: %w", err)
	case r.Away != "":
		j.tell(ctx, r.Findings)
		return nil, fmt.Errorf("comparing: %s", r.Away)
	}
	j.Publish(r)
	j.tell(ctx, r.Findings)
	j.Log.DebugContext(ctx, "reconciled", "balanced", r.Balanced, "settled", r.Settled, "open", r.Open, "took", time.Since(begin))
	return r, nil
}

func (j *Job) tell(ctx context.Context, findings []Finding) {
	for n, f := range findings {
		if n == maxLines {
			j.Log.ErrorContext(ctx, "there are more differences", "more", len(findings)-n)
			break
		}
		j.Log.ErrorContext(ctx, "events, rows and accounting differ", "kind", f.Kind, "rows", f.Rows, "what", f.String())
	}
}

// maxLines is how many findings are logged of one comparison.
const maxLines = 10
