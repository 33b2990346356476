// Package seen notes in the cache which posts a user has seen: those of the views and impressions in `activity`.
//
// Guarantee: every one is noted at least once; noting it again changes nothing. While Redis is away events wait in Kafka.
//
// It does not read what was seen, and it forgets nothing: package cache does.
package seen

import (
	"context"
	"time"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// How events are gathered: an exchange with Redis is worth many, and a feed may repeat a post for a moment.
const (
	Batch = 500 // events of one partition, whatever their action
	Wait  = 200 * time.Millisecond
)

// Posts is where it is noted. *cache.Seen is one.
type Posts interface {
	// Add notes what users have seen. Telling it again changes nothing.
	Add(ctx context.Context, views []cache.View) error
}

// Work returns what a consumer of `activity` does.
func Work(posts Posts) consume.Work {
	return consume.Work{
		Judge: func(value any) (bool, *schemas.Unreadable) {
			a, is := value.(*schemas.Activity)
			return is && (a.Action == engagement.View || a.Action == engagement.Impression), nil
		},
		Handle: func(ctx context.Context, batch []consume.Record) error {
			views := make([]cache.View, 0, len(batch))
			for _, r := range batch {
				if a, is := r.Value.(*schemas.Activity); is {
					views = append(views, cache.View{UserID: a.UserID, PostID: a.PostID})
				}
			}
			return posts.Add(ctx, views)
		},
	}
}
