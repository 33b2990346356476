package applier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Config says how changes are gathered.
type Config struct {
	Group    string        `koanf:"group"`    // whose members share the partitions; a process of a second group does all the work again, so that nothing waits for who takes over from one that was killed
	Coalesce time.Duration `koanf:"coalesce"` // how long a change waits for others of the same thing; pages stay old for so long
	Batch    int           `koanf:"batch"`    // changes of one partition gathered at most

	Ignore cache.Scope // a rule switched off, to show that a test would notice: changes of this scope remove nothing; set by control runs of tests only
}

// DefaultConfig gathers for 100 ms: most of the time from a change to the removal is this.
func DefaultConfig() Config {
	return Config{Group: topology.Applier, Coalesce: 100 * time.Millisecond, Batch: 1_000}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.Group == "":
		return errors.New("applier: group must not be empty")
	case c.Coalesce < time.Millisecond || c.Coalesce > 10*time.Second:
		return fmt.Errorf("applier: coalesce must be within 1ms and 10s, is %s", c.Coalesce)
	case c.Batch < 1 || c.Batch > 100_000:
		return fmt.Errorf("applier: batch must be within 1 and 100000, is %d", c.Batch)
	}
	return nil
}

// Pages are what changes make old. *cache.Pages are such.
type Pages interface {
	// Remove removes what is made of what changed, and says how many pages. Applying changes again does no harm.
	Remove(ctx context.Context, changes []cache.Change) (removed int, err error)
}

// Work returns what a consumer of `cache-invalidations` does. metrics may be nil.
func (c Config) Work(pages Pages, metrics *Metrics) consume.Work {
	return consume.Work{
		Judge: func(value any) (bool, *schemas.Unreadable) {
			m, is := value.(*schemas.CacheInvalidation)
			return is && (c.Ignore == "" || cache.Scope(m.Scope) != c.Ignore), nil
		},
		Handle: func(ctx context.Context, batch []consume.Record) error {
			messages := make([]*schemas.CacheInvalidation, len(batch))
			for i, r := range batch {
				messages[i], _ = r.Value.(*schemas.CacheInvalidation)
			}
			changes := coalesce(messages)
			removed, err := pages.Remove(ctx, changes)
			if err != nil {
				return err
			}
			metrics.applied(messages, len(changes), removed, time.Now())
			return nil
		},
	}
}

// coalesce returns one change for each thing and partition of a table, the highest, in the order in which they come first.
// Scopes are taken as they are: one that is new here has no pages yet.
func coalesce(messages []*schemas.CacheInvalidation) []cache.Change {
	var changes []cache.Change
	at := map[cache.Change]int{} // by the change without its offset
	for _, m := range messages {
		c := cache.Change{Part: cache.Part{Scope: cache.Scope(m.Scope), ID: m.ID}, Table: m.Table, Partition: m.Partition}
		i, there := at[c]
		if !there {
			i = len(changes)
			at[c] = i
			c.Offset = m.Offset
			changes = append(changes, c)
		}
		changes[i].Offset = max(changes[i].Offset, m.Offset)
	}
	return changes
}
