package demo

import "github.com/nova-social/nova-streams/internal/jobs"

// orOurs returns named jobs, or the demo's own if there are none: one of each kind that needs no more settings.
func orOurs(named jobs.Specs) jobs.Specs {
	if len(named) > 0 {
		return named
	}
	ours := jobs.Specs{}
	for _, kind := range []string{jobs.TrendingFallback, jobs.SuggestionWarmup, jobs.ViewFreshness} {
		ours[kind] = jobs.NewSpec(kind).Complete()
	}
	return ours
}

func rereading(read func() (jobs.Specs, error)) func() (jobs.Specs, error) {
	if read == nil {
		return nil
	}
	return func() (jobs.Specs, error) {
		named, err := read()
		return orOurs(named), err
	}
}
