package app

import (
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/processors/invalidations"
	"github.com/nova-social/nova-streams/topology"
)

// invalidationVerbs says what the groups do that tell what caches hold that is old.
func (a *App) invalidationVerbs() map[string]streams.Verb {
	return map[string]streams.Verb{
		string(topology.InvalidationsPosts):   invalidations.Posts,
		string(topology.InvalidationsUsers):   invalidations.NewUsers().On,
		string(topology.InvalidationsFollows): invalidations.Follows,
		string(topology.InvalidationsScores):  invalidations.NewScores(a.cfg.Invalidations, a.cfg.Window, a.cfg.Weights).On,
	}
}
