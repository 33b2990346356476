package jobs

import (
	"maps"
	"slices"
	"time"
)

// The kinds of named jobs.
const (
	SQLToRedis       = "sql_to_redis"
	TrendingFallback = "trending_fallback"
	SuggestionWarmup = "suggestion_warmup"
	ViewFreshness    = "view_freshness"
	Reconciliation   = "reconciliation"
)

// common are the settings of all kinds.
var common = []string{"kind", "enabled", "interval", "timeout", "retries"}

// own are the other settings, by kind.
var own = map[string][]string{
	SQLToRedis:       {"ttl", "key", "sql", "sql_file", "max_rows"},
	TrendingFallback: {"ttl", "key", "hours", "limit"},
	SuggestionWarmup: {"users", "since"},
	ViewFreshness:    {"views", "max_age"},
	Reconciliation:   {},
}

// Kinds returns the names of the kinds, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(own)) }

// Settings returns the names of the settings that a kind takes; nil for what is no kind.
func Settings(kind string) []string {
	more, ok := own[kind]
	if !ok {
		return nil
	}
	return slices.Concat(common, more)
}

// TrendingFallbackKey is where the list that stands in for trending lies in Redis.
const TrendingFallbackKey = "nova:cache:trending_fallback"

// NewSpec returns a job of a kind with everything at its default, Timeout and TTL at 0: Complete derives them.
func NewSpec(kind string) Spec {
	s := Spec{Kind: kind, Enabled: true, Interval: time.Minute, Retries: 3}
	switch kind {
	case SQLToRedis:
		s.MaxRows = 1000
	case TrendingFallback:
		s.Key, s.Hours, s.Limit = TrendingFallbackKey, 3, 50
	case SuggestionWarmup:
		s.Interval, s.Users, s.Since = 5*time.Minute, 500, time.Hour
	case ViewFreshness:
		s.MaxAge = 10 * time.Minute
	case Reconciliation:
		s.Interval = 5 * time.Minute
	}
	return s
}
