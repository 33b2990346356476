package tablestore

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// Place is how far a walk over all rows has come; the zero Place is both its beginning and its end. It is of use to the
// store that gave it only, and survives whatever is written there in between.
type Place struct {
	shard int
	tag   uint64
	key   string
}

// Walk calls f for about n rows from a place on, in no order, and returns the place behind them. Of a walk from beginning
// to end, every row that is there all the time is met exactly once.
func (m *Memory) Walk(from Place, n int, f func(key string, value []byte)) (Place, error) {
	for i := from.shard; i < shards; i++ {
		tag := uint64(0)
		if i == from.shard {
			tag = from.tag
		}
		var more bool
		if n, tag, more = m.walkShard(&m.index[i], tag, n, f); more {
			return Place{shard: i, tag: tag}, nil
		}
		if n <= 0 && i+1 < shards {
			return Place{shard: i + 1}, nil
		}
	}
	return Place{}, nil
}

// walkShard calls f for the entries with a tag from tag on. Entries lie at their home or behind it without a gap: in
// front of an empty slot, all with a home before it have been met, and the walk may rest there. It returns how many rows
// are left to visit, and where to go on unless the shard is done.
func (m *Memory) walkShard(s *shard, tag uint64, n int, f func(key string, value []byte)) (left int, next uint64, more bool) {
	size := len(s.slots)
	if s.used == 0 {
		return n, 0, false
	}
	visit := func(slot uint64) {
		at := location(slot & locationMask)
		data := m.log.chunks[at.chunk()].data
		e := entryAt(data, at.offset())
		f(string(data[e.key:e.value]), data[e.value:e.end:e.end])
		n--
	}
	for i := s.home(tag); i < size; i++ {
		slot := s.slots[i]
		switch {
		case slot == 0 && n <= 0 && i+1 < size:
			return n, (uint64(i+1)<<tagBits + uint64(size) - 1) / uint64(size), true
		case slot != 0 && slot>>locationBits >= tag && s.home(slot>>locationBits) <= i:
			visit(slot)
		}
	}
	for i := 0; i < size && s.slots[i] != 0; i++ { // those that found no room up to the end
		if slot := s.slots[i]; slot>>locationBits >= tag && s.home(slot>>locationBits) > i {
			visit(slot)
		}
	}
	return n, 0, false
}

// Walk calls f for n rows from a place on, in the order of their keys, and returns the place behind them.
func (d *Disk) Walk(from Place, n int, f func(key string, value []byte)) (next Place, err error) {
	if err := d.fault.get(); err != nil {
		return Place{}, err
	}
	calling := false
	defer d.recoverInto(&err, &calling)
	low := append([]byte{prefixRow}, from.key...)
	if from != (Place{}) {
		low = append(low, 0) // behind that key
	}
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: low, UpperBound: []byte{prefixRow + 1}})
	if err != nil {
		return Place{}, d.failed("reading rows", err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		if n--; n < 0 {
			break
		}
		_, value, err := d.split(it.Value())
		if err != nil {
			return Place{}, errors.Join(err, it.Close())
		}
		next = Place{shard: 1, key: string(it.Key()[1:])}
		calling = true
		f(next.key, value)
		calling = false
	}
	if n >= 0 {
		next = Place{}
	}
	if err := it.Close(); err != nil {
		return Place{}, d.failed("reading rows", err)
	}
	return next, nil
}
