package topology

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// InvalidationGroups declares the groups that read changelogs of tables and say what caches hold that is old. They keep
// nothing, and change nothing of the tables.
func InvalidationGroups(c *schemas.Codecs) []Group {
	group := func(name, of goka.Group, rows schemas.RowCodec) Group {
		return Group{
			Name: name, Does: "says what is old when a row of " + string(of) + " changes",
			Input: goka.Stream(goka.GroupTable(of)), Codec: schemas.Changelog(rows), Stateless: true,
			Outputs: []Output{
				{CacheInvalidations, c.CacheInvalidations, "for whoever keeps what was made of it"},
				{CacheInvalidationsDLQ, c.DeadLetters, "too large"},
			},
			DeadLetters: CacheInvalidationsDLQ,
		}
	}
	return []Group{
		group(InvalidationsPosts, Posts, c.EntityRows),
		group(InvalidationsUsers, Users, c.EntityRows),
		group(InvalidationsFollows, Follows, c.EntityRows),
		group(InvalidationsScores, Scores, c.ScoreRows),
	}
}
