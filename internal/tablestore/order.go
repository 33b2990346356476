package tablestore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

const orderPrefix = 1 + 8

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

// forget takes the entry of a row out of the order, as the row is about to be written again or deleted: so the order
// grows with the rows, not with how often they are written. It reports whether there was one; without an order it does
// not look.
func (d *Disk) forget(key string) (bool, error) {
	if !d.opts.Expires {
		return false, nil
	}
	seq, known := d.met[key]
	delete(d.met, key)
	if !known {
		var err error
		if seq, err = d.seq(key); err != nil {
			return false, err
		}
	}
	if seq == absent {
		return false, nil
	}
	op := d.batch.DeleteDeferred(orderPrefix + len(key))
	putOrder(op.Key, seq, key)
	return true, op.Finish()
}

const (
	absent  = ^uint64(0) // in place of a row's sequence number
	maxRead = 50_000     // rows
)

// remember notes what was found under a key: whoever reads a row often writes it next, and to find it again, or that it
// is nowhere, costs more than all the rest.
func (d *Disk) remember(key string, seq uint64) {
	if !d.opts.Expires {
		return
	}
	if d.met == nil || len(d.met) >= maxRead {
		d.met = map[string]uint64{}
	}
	d.met[key] = seq
}

// seq returns the sequence number with which a row was last written, in the batch under way or before it.
func (d *Disk) seq(key string) (uint64, error) {
	d.key = append(append(d.key[:0], prefixRow), key...)
	stored, closer, err := d.batch.Get(d.key)
	if errors.Is(err, pebble.ErrNotFound) {
		return absent, nil
	}
	if err != nil {
		return 0, err
	}
	seq, _, err := d.split(stored)
	return seq, errors.Join(err, closer.Close())
}

// Oldest calls f for rows in the order in which they were last written, if the store was opened with Expires.
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
	return nil
}

// walk calls f for the rows the order leads to, until it returns false. It notes where the order begins: the next walk
// need not find its way through what was deleted before.
func (d *Disk) walk(it *pebble.Iterator, f func(key string, value []byte) bool) error {
	first := d.state.seq
	defer func() { d.first = first }()
	for ok := it.First(); ok; ok = it.Next() {
		entry := it.Key()
		if len(entry) < orderPrefix {
			return fmt.Errorf("%w: entry of the order of %d bytes", ErrCorrupt, len(entry))
		}
		seq, key := binary.BigEndian.Uint64(entry[1:]), string(entry[orderPrefix:])
		first = min(first, seq)
		value, err := d.written(key, seq)
		if err != nil {
			return err
		}
		if !f(key, value) {
			break
		}
	}
	return it.Error()
}

// written returns the value of key, which was last written with that sequence number.
func (d *Disk) written(key string, seq uint64) ([]byte, error) {
	stored, closer, err := d.db.Get(append([]byte{prefixRow}, key...))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, fmt.Errorf("%w: entry of the order without a row", ErrCorrupt)
	}
	if err != nil {
		return nil, err
	}
	at, value, err := d.split(stored)
	if err == nil && at != seq {
		err = fmt.Errorf("%w: entry of the order at %d of a row written at %d", ErrCorrupt, seq, at)
	}
	if err == nil {
		value = d.copy(value)
	}
	return value, errors.Join(err, closer.Close())
}
