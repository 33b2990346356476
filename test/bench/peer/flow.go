package main

import (
	"context"
	"fmt"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/processors/reactions"
	"github.com/nova-social/nova-streams/processors/scores"
	"github.com/nova-social/nova-streams/processors/sessions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// member is a group and what it does.
type member struct {
	group topology.Group
	verb  streams.Verb
}

// members returns the groups of a flow. Their first input is input instead of `events`.
func members(flow, input string, cfg config.Config) ([]member, *schemas.Codecs, error) {
	codecs, err := schemas.NewCodecs(context.Background(), &schemas.Offline{})
	if err != nil {
		return nil, nil, err
	}
	dedup := topology.DedupGroup(codecs)
	dedup.Input = topology.Stream(input)
	count := member{topology.ScoresGroup(codecs), scores.Config{Window: cfg.Window}.On}
	switch flow {
	case "whole":
		return []member{
			{dedup, cfg.Dedup.On},
			{topology.ReactionsGroup(codecs), (&reactions.Group{}).On},
			count,
			{topology.SessionsGroup(codecs), sessions.Config{Rule: cfg.Sessions}.On},
		}, codecs, nil
	case "lean":
		dedup.Outputs = []topology.Output{{Topic: topology.Engagements, Codec: codecs.Engagements}, {Topic: topology.EventsDLQ, Codec: codecs.DeadLetters}}
		return []member{{dedup, straight(cfg.Dedup.On)}, count}, codecs, nil
	default:
		return nil, nil, fmt.Errorf("no flow is named %q", flow)
	}
}

// straight is dedup for the lean flow: the product's verb keeps the row, but what it would send to activity is not
// sent, and what it would send to reactions is counted at once.
func straight(dedup streams.Verb) streams.Verb {
	return func(ctx goka.Context, msg any) schemas.Outcome { return dedup(shortcut{ctx}, msg) }
}

type gokaContext = goka.Context // an embedded field named Context would hide the method of that name

type shortcut struct{ gokaContext }

// Emit sends what leads to a count to engagements, and drops what does not.
func (s shortcut) Emit(topic topology.Stream, key string, msg any, opts ...goka.ContextOption) {
	switch m := msg.(type) {
	case *schemas.Activity:
	case *schemas.ReactionInput:
		action := engagement.Like
		if m.Kind == schemas.ReactionComment {
			action = engagement.Comment
		}
		s.gokaContext.Emit(topology.Engagements, m.PostID, &schemas.Engagement{PostID: m.PostID, Action: action, Delta: 1, EventTime: m.EventTime, RootTime: m.RootTime}, opts...)
	default:
		s.gokaContext.Emit(topic, key, msg, opts...)
	}
}
