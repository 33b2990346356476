package streams

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/tablestore"
)

// sent is one changelog record of an epoch.
type sent struct {
	entry *entry
	rec   *kgo.Record
	heals bool
}

// flush encodes every dirty row once and returns the changelog records.
func (t *table) flush() ([]sent, error) {
	if len(t.dirty) == 0 {
		return nil, nil
	}
	out := make([]sent, 0, len(t.dirty))
	for _, e := range t.dirty {
		r := t.spent.get()
		r.Topic, r.Partition, r.Key = t.topic, t.part, bytesOf(e.key)
		if e.row == nil {
			r.Value, r.Headers = nil, tombstone(e.gone)
		} else {
			var err error
			if r.Value, err = appendEncode(t.codec, r.Value, e.row); err != nil {
				return nil, fmt.Errorf("encoding row %q of %s/%d: %w", e.key, t.topic, t.part, err)
			}
			e.size, e.grown = len(r.Value), 0
		}
		out = append(out, sent{e, r, e.heals})
		e.dirty, e.heals = false, false
		e.flying++
	}
	clear(t.dirty)
	t.dirty = t.dirty[:0]
	return out, nil
}

// resend marks for the next flush the rows that must outdo an older one behind them.
func (t *table) resend() error {
	for key := range t.heal {
		e, err := t.get(key)
		if err != nil {
			return err
		}
		if e != nil && e.row != nil {
			e.heals = true
			t.touch(e)
		}
	}
	return nil
}

// acknowledged takes the rows of the oldest epoch under way into the store. Their offsets follow on each other and on
// the ones before, unless somebody else has written to the partition.
func (t *table) acknowledged(rows []sent, trusting bool) error {
	kept := make([]tablestore.Row, len(rows))
	foreign := false
	for i, s := range rows {
		foreign = foreign || s.rec.Offset != t.next
		t.next = s.rec.Offset + 1
		kept[i] = tablestore.Row{Key: s.entry.key, Value: s.rec.Value}
		s.entry.flying--
		if s.heals {
			delete(t.heal, s.entry.key)
		}
	}
	if foreign && !trusting {
		return fmt.Errorf("%w: %s/%d", ErrForeignWriter, t.topic, t.part)
	}
	if err := t.apply(kept, t.next); err != nil {
		return err
	}
	for _, s := range rows {
		t.spent.put(s.rec)
		if e := s.entry; !e.dirty && e.flying == 0 {
			if e.uses < 2 || e.row == nil {
				t.drop(e)
			}
			e.uses = 0
		}
	}
	t.trim()
	return nil
}

// trim forgets decoded rows beyond the cache's size, any that are not under way. As ranging over a map is dear, it does
// so once there are a quarter more than there should be, or than it had to leave the last time.
func (t *table) trim() {
	if len(t.hot) < t.trimAt {
		return
	}
	for _, e := range t.hot {
		if len(t.hot) <= t.cache {
			break
		}
		if !e.dirty && e.flying == 0 {
			t.drop(e)
		}
	}
	t.trimAt = max(len(t.hot), t.cache) + t.cache/4 + 1
}
