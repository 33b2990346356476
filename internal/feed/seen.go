package feed

import (
	"context"
	"fmt"

	"github.com/nova-social/nova-streams/internal/cache"
)

// seen returns what a reader has seen, and false where it is not known: nothing then, while Redis is away.
func (f *Feed) seen(ctx context.Context, readerID string) (posts map[string]bool, known bool) {
	seen, err := f.Seen.Of(ctx, readerID)
	f.Metrics.asked(ofSeen, err)
	return seen, err == nil
}

// See notes that a reader has seen posts. Pages that are kept show them on for as long as they live. It fails with ErrAway
// while Redis is: some may be noted then, and all may be told again.
func (f *Feed) See(ctx context.Context, readerID string, postIDs []string) error {
	views := make([]cache.View, len(postIDs))
	for i, id := range postIDs {
		views[i] = cache.View{UserID: readerID, PostID: id}
	}
	err := f.Seen.Add(cache.Limited(ctx, f.cfg.RedisTimeout), views)
	f.Metrics.asked(ofSeen, err)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return nil
}
