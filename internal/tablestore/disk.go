package tablestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

const (
	diskFormat = 2
	blockSize  = 16 << 10 // bytes before compression

	backlogCheck = 1 << 20 // bytes of rows between two looks at what waits to be written
	backlogTurns = 4       // MemTables that may wait
	backlogRuns  = 24      // sorted runs that may wait to be compacted
	backlogWait  = 5 * time.Millisecond

	copies = 64 << 10 // bytes that Get allocates at once
)

// The first byte of a key in Pebble says what it is.
const (
	prefixMeta  = 'm' // "m": state; "mi": identity
	prefixOrder = 'o' // 8 bytes of sequence number, big endian, and the key of the row written then
	prefixRow   = 'r' // the key of the row
)

// Disk is a store in files, by Pebble. Rows and the offset behind them are in one batch, and there is no log beside the
// changelog: after a crash the store is as of its last flush. A call that fails with ErrFull or ErrCorrupt, or because
// the disk fails, ends the store: every further call but Close returns the same error.
type Disk struct {
	opts  DiskOptions
	db    *pebble.DB
	lock  io.Closer
	fault *fault
	batch *pebble.Batch

	wiped    bool
	panicked bool
	state    state
	rows     atomic.Int64      // an estimate, unless the store has an order
	first    uint64            // sequence number below which the order has no entries
	key      []byte            // for forget
	met      map[string]uint64 // what Get has found of rows that were not written since: the sequence number, or absent
	free     []byte            // for what Get returns
	applied  int               // bytes since the last look at the backlog

	dirty         atomic.Bool // something is in no file yet
	stop, stopped chan struct{}
}

var _ Store = (*Disk)(nil)

// state is what is written with every batch.
type state struct {
	next int64
	seq  uint64 // of the next row
}

// Wiped says that the directory held a store of another identity, whose rows are gone.
func (d *Disk) Wiped() bool { return d.wiped }

// Next returns the changelog offset behind the rows taken.
func (d *Disk) Next() int64 { return d.state.next }

// Get returns a copy of the value of key.
func (d *Disk) Get(key string) (value []byte, ok bool, err error) {
	if err := d.fault.get(); err != nil {
		return nil, false, err
	}
	defer d.recoverInto(&err, nil)
	stored, closer, err := d.db.Get(append([]byte{prefixRow}, key...))
	if errors.Is(err, pebble.ErrNotFound) {
		d.remember(key, absent)
		return nil, false, nil
	}
	if err != nil {
		return nil, false, d.failed("reading a row", err)
	}
	seq, v, err := d.split(stored)
	if err == nil {
		value = d.copy(v)
		d.remember(key, seq)
	}
	return value, err == nil, errors.Join(err, closer.Close())
}

// copy copies a value to where nothing else will be written.
func (d *Disk) copy(value []byte) []byte {
	n := len(value)
	if n > cap(d.free)-len(d.free) {
		if n > copies/8 {
			return slices.Clone(value)
		}
		d.free = make([]byte, 0, copies)
	}
	from := len(d.free)
	d.free = append(d.free, value...)
	return d.free[from : from+n : from+n]
}

// split returns the parts of what is stored for a row: its sequence number if the store has an order, and the value.
func (d *Disk) split(stored []byte) (seq uint64, value []byte, err error) {
	if !d.opts.Expires {
		return 0, stored, nil
	}
	seq, n := binary.Uvarint(stored)
	if n <= 0 {
		return 0, nil, d.failed("reading a row", fmt.Errorf("%w: row without a sequence number", ErrCorrupt))
	}
	return seq, stored[n:], nil
}

// Apply takes rows. They are in memory when it returns, and in files after the next flush. While more is taken than
// the disk can take, it waits.
func (d *Disk) Apply(rows []Row, next int64) (err error) {
	if err := d.fault.get(); err != nil {
		return err
	}
	defer d.recoverInto(&err, nil)
	if len(rows) == 0 && next == d.state.next {
		return nil
	}
	if err := d.wait(); err != nil {
		return err
	}
	after := state{next: next, seq: d.state.seq}
	grown := int64(0)
	for i := range rows {
		key, value := rows[i].Key, rows[i].Value
		replaced, err := d.forget(key)
		if err != nil {
			return d.failed("looking for a row to write", err)
		}
		if replaced {
			grown--
		}
		if value == nil {
			op := d.batch.DeleteDeferred(1 + len(key))
			putKey(op.Key, prefixRow, key)
			if err := op.Finish(); err != nil {
				return d.failed("deleting a row", err)
			}
			if !d.opts.Expires {
				grown--
			}
			continue
		}
		grown++
		if err := d.set(key, value, after.seq); err != nil {
			return d.failed("writing a row", err)
		}
		after.seq++
	}
	return d.commit(after, grown)
}

// set adds a row to the batch and, if the store has an order, its entry there.
func (d *Disk) set(key string, value []byte, seq uint64) error {
	if !d.opts.Expires {
		op := d.batch.SetDeferred(1+len(key), len(value))
		putKey(op.Key, prefixRow, key)
		copy(op.Value, value)
		return op.Finish()
	}
	var number [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(number[:], seq)
	op := d.batch.SetDeferred(1+len(key), n+len(value))
	putKey(op.Key, prefixRow, key)
	copy(op.Value, number[:n])
	copy(op.Value[n:], value)
	if err := op.Finish(); err != nil {
		return err
	}
	op = d.batch.SetDeferred(orderPrefix+len(key), 0)
	putOrder(op.Key, seq, key)
	return op.Finish()
}

func putKey(to []byte, prefix byte, key string) {
	to[0] = prefix
	copy(to[1:], key)
}

// commit ends the batch with the state after it.
func (d *Disk) commit(after state, grown int64) error {
	rows := max(d.rows.Load()+grown, 0)
	var value [24]byte
	binary.BigEndian.PutUint64(value[:], uint64(after.next))
	binary.BigEndian.PutUint64(value[8:], after.seq)
	binary.BigEndian.PutUint64(value[16:], uint64(rows))
	if err := d.batch.Set([]byte{prefixMeta}, value[:], nil); err != nil {
		return d.failed("writing the offset", err)
	}
	d.applied += d.batch.Len()
	err := d.batch.Commit(pebble.NoSync)
	d.batch.Reset()
	if err = errors.Join(err, d.fault.get()); err != nil {
		return d.failed("committing rows", err)
	}
	d.state = after
	d.rows.Add(rows - d.rows.Load())
	d.dirty.Store(true)
	return nil
}

// wait returns when little enough is waiting to be written or compacted. Now and then it looks.
func (d *Disk) wait() error {
	if d.applied < backlogCheck {
		return nil
	}
	d.applied = 0
	for {
		m := d.db.Metrics()
		if m.MemTable.Size <= backlogTurns*uint64(d.opts.MemTable) && m.Levels[0].Sublevels <= backlogRuns {
			return nil
		}
		select {
		case <-d.fault.broken:
			return d.fault.get()
		case <-time.After(backlogWait):
		}
	}
}

// Each calls f for every row.
func (d *Disk) Each(f func(key string, value []byte) bool) (err error) {
	if err := d.fault.get(); err != nil {
		return err
	}
	calling := false
	defer d.recoverInto(&err, &calling)
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixRow}, UpperBound: []byte{prefixRow + 1}})
	if err != nil {
		return d.failed("reading rows", err)
	}
	for ok := it.First(); ok; ok = it.Next() {
		_, value, err := d.split(it.Value())
		if err != nil {
			return errors.Join(err, it.Close())
		}
		calling = true
		more := f(string(it.Key()[1:]), value)
		calling = false
		if !more {
			break
		}
	}
	if err := it.Close(); err != nil {
		return d.failed("reading rows", err)
	}
	return nil
}

// Size returns how much the store holds. The number of rows is an estimate unless the store was opened with Expires: a row
// that is written again counts twice. Memory is without the cache.
func (d *Disk) Size() Size {
	m := d.db.Metrics()
	return Size{Rows: d.rows.Load(), Memory: int64(m.MemTable.Size + m.MemTable.ZombieSize), Disk: int64(m.DiskSpaceUsage())}
}
