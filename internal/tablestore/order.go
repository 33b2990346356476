package tablestore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

const (
	orderPrefix = 1 + 8
	dropAtOnce  = 4096 // entries of the order
)

// comparer orders keys by their bytes. It keeps the entries of the order, which are never looked up, out of the filters.
var comparer = func() *pebble.Comparer {
	c := *pebble.DefaultComparer
	c.Name = "nova.tablestore"
	c.Split = func(key []byte) int {
		if len(key) > 0 && key[0] == prefixOrder {
			return 1
		}
		return len(key)
	}
	return &c
}()

func putOrder(to []byte, seq uint64, key string) {
	to[0] = prefixOrder
	binary.BigEndian.PutUint64(to[1:], seq)
	copy(to[orderPrefix:], key)
}

func orderBound(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefixOrder}, seq)
}

// Oldest calls f for rows in the order in which they were last written, if the store was opened with Expires. An entry
// of the order is stale once its row is gone or was written again; Oldest drops the stale ones that it meets.
func (d *Disk) Oldest(f func(key string, value []byte) bool) (err error) {
	if err := d.fault.get(); err != nil || !d.opts.Expires {
		return err
	}
	calling := false
	defer d.recoverInto(&err, &calling)
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: orderBound(d.first), UpperBound: []byte{prefixOrder + 1}})
	if err != nil {
		return d.failed("reading the order", err)
	}
	err = d.walk(it, func(key string, value []byte) bool {
		calling = true
		defer func() { calling = false }()
		return f(key, value)
	})
	if err := errors.Join(err, it.Close()); err != nil {
		return d.failed("reading the order", err)
	}
	return d.drop()
}

// walk calls f for the rows the order leads to, until it returns false, and notes up to where the order is stale.
func (d *Disk) walk(it *pebble.Iterator, f func(key string, value []byte) bool) error {
	leading := true // so far every entry was stale
	for ok := it.First(); ok; ok = it.Next() {
		entry := it.Key()
		if len(entry) < orderPrefix {
			return fmt.Errorf("%w: entry of the order of %d bytes", ErrCorrupt, len(entry))
		}
		seq, key := binary.BigEndian.Uint64(entry[1:]), string(entry[orderPrefix:])
		value, current, err := d.written(key, seq)
		if err != nil {
			return err
		}
		if !current {
			if leading {
				d.first = seq + 1
			}
			continue
		}
		leading = false
		if !f(key, value) {
			break
		}
	}
	return it.Error()
}

// written returns the value of key if it was last written with that sequence number.
func (d *Disk) written(key string, seq uint64) ([]byte, bool, error) {
	stored, closer, err := d.db.Get(append([]byte{prefixRow}, key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	at, value, err := d.split(stored)
	if err == nil {
		value = d.copy(value)
	}
	return value, at == seq, errors.Join(err, closer.Close())
}

// drop removes stale entries from the beginning of the order, many at once.
func (d *Disk) drop() error {
	if d.first-d.dropped < dropAtOnce {
		return nil
	}
	if err := d.db.DeleteRange(orderBound(d.dropped), orderBound(d.first), pebble.NoSync); err != nil {
		return d.failed("dropping what is stale in the order", err)
	}
	d.dropped = d.first
	return nil
}
