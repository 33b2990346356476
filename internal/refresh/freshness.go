package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// viewAge says how far a view or a mirror lags.
type viewAge struct {
	Name   string  `ch:"name"`
	Mirror bool    `ch:"mirror"`
	Age    float64 `ch:"age"`   // seconds
	Error  string  `ch:"error"` // what is wrong with the view
}

// ViewFreshness returns work that shows how far the materialized views and the mirrors of ClickHouse lag, and fails if one of
// those named is broken, unknown, or lags by more than maxAge; of none named, if one of the materialized views is.
//
// What lags by how much, the sinks' own job says of the views; to this is added the time since it has said so. A mirror is as
// old as its newest change, so one of a table that nobody writes to grows old: only who names it wants to know.
func ViewFreshness(client *clickhouse.Client, views []string, maxAge time.Duration, metrics *Metrics) func(context.Context) error {
	query := text("view_ages")
	return func(ctx context.Context) error {
		ages, err := clickhouse.Query[viewAge](ctx, client, "view_ages", query)
		if err != nil {
			return err
		}
		metrics.aged(ages)
		return stale(ages, views, maxAge)
	}
}

// stale says which of the views named are not as they should be.
func stale(ages []viewAge, views []string, maxAge time.Duration) error {
	var errs []error
	for _, a := range ages {
		switch {
		case len(views) == 0 && a.Mirror, len(views) > 0 && !slices.Contains(views, a.Name):
		case a.Error != "":
			errs = append(errs, fmt.Errorf("%s: %s", a.Name, a.Error))
		case a.Age > maxAge.Seconds():
			errs = append(errs, fmt.Errorf("%s lags by %v, more than %v", a.Name, seconds(a.Age), maxAge))
		}
	}
	for _, v := range views {
		if !slices.ContainsFunc(ages, func(a viewAge) bool { return a.Name == v }) {
			errs = append(errs, fmt.Errorf("nothing is known of %s", v))
		}
	}
	if len(views) == 0 && !slices.ContainsFunc(ages, func(a viewAge) bool { return !a.Mirror }) {
		errs = append(errs, errors.New("nothing is known of any view: no process has looked at them"))
	}
	return errors.Join(errs...)
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Second)
}
