package streams

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// viewPart is one partition of a View: the storage goka fills.
type viewPart struct {
	view   *View
	spare  schemas.Row // what Set decodes into, once onUpdate is done with it; nil before the first
	mu     sync.RWMutex
	rows   *tablestore.Memory
	stuck  atomic.Bool  // at a record that it cannot take
	offset atomic.Int64 // newest changelog record read, -1 for none; goka sets it after update has returned
}

var _ storage.Storage = (*viewPart)(nil)

// errRowsOnly is why goka cannot iterate a view: rows are read with View.Get.
var errRowsOnly = errors.New("streams: the rows of a view are read with View.Get")

// update takes one changelog record. goka gives its storage the key of a tombstone alone, but not the header.
func (p *viewPart) update(key string, value []byte, headers goka.Headers) error {
	if value != nil {
		return p.Set(key, value)
	}
	at, err := schemas.TombstonePosition(headers[schemas.TombstoneHeader])
	if err != nil {
		return fmt.Errorf("deleting row %q of %s: %w", key, p.view.table, err)
	}
	return p.delete(key, at)
}

// Set decodes one changelog record. Of two records of a key the one that has seen more input wins.
func (p *viewPart) Set(key string, value []byte) error {
	row, err := p.decodeNext(key, value)
	if err != nil {
		return err
	}
	return p.take(key, value, row, row.Last())
}

// decodeNext decodes into the row of the last time, where the codec can. goka calls Set from one goroutine per partition.
func (p *viewPart) decodeNext(key string, value []byte) (schemas.Row, error) {
	codec, can := p.view.codec.(schemas.ReusingRowCodec)
	if !can {
		return p.decode(key, value)
	}
	if p.spare == nil {
		p.spare = codec.New()
	}
	if err := codec.DecodeInto(p.spare, value); err != nil {
		return nil, fmt.Errorf("decoding row %q of %s: %w", key, p.view.table, err)
	}
	return p.spare, nil
}

// Delete takes a tombstone that does not say what its row had seen.
func (p *viewPart) Delete(key string) error { return p.delete(key, schemas.Everything) }

// delete takes the tombstone of a row that had seen the input up to at. A row that has seen more stays.
func (p *viewPart) delete(key string, at schemas.Position) error { return p.take(key, nil, nil, at) }

func (p *viewPart) take(key string, value []byte, row schemas.Row, at schemas.Position) error {
	newer, err := p.keep(key, value, at)
	if err != nil {
		return fmt.Errorf("keeping row %q of %s: %w", key, p.view.table, err)
	}
	if newer {
		p.view.onUpdate(key, row)
	}
	return nil
}

func (p *viewPart) decode(key string, value []byte) (schemas.Row, error) {
	v, err := p.view.codec.Decode(value)
	if err != nil {
		return nil, fmt.Errorf("decoding row %q of %s: %w", key, p.view.table, err)
	}
	row, ok := v.(schemas.Row)
	if !ok {
		return nil, fmt.Errorf("decoding row %q of %s: got %T", key, p.view.table, v)
	}
	return row, nil
}

// keep takes what has seen the input up to at, a row or nil, unless the row there has seen more, and reports whether it
// did.
func (p *viewPart) keep(key string, value []byte, at schemas.Position) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old, had, err := p.rows.Get(key)
	if err != nil {
		return false, err
	}
	if had {
		last, err := p.view.codec.Last(old)
		if err != nil || !at.Covers(last) {
			return false, err
		}
	}
	return true, p.rows.Apply([]tablestore.Row{{Key: key, Value: value}}, 0)
}

// each calls f for every row until f returns false, and reports whether it never did.
func (p *viewPart) each(f func(key string, row schemas.Row) bool) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	all := true
	err := p.rows.Each(func(key string, value []byte) bool {
		row := p.kept(key, value)
		all = row == nil || f(key, row)
		return all
	})
	return all && err == nil // memory does not fail
}

// kept decodes a row that is kept, and was decoded before, so that it cannot fail but for a bug: then there is no row.
func (p *viewPart) kept(key string, value []byte) schemas.Row {
	row, err := p.decode(key, value)
	if err != nil {
		p.spoiled(err)
		return nil
	}
	return row
}

// look decodes the row of key, into spare where the codec can; nil for none.
func (p *viewPart) look(key string, spare schemas.Row) schemas.Row {
	p.mu.RLock()
	defer p.mu.RUnlock()
	value, had, err := p.rows.Get(key)
	if !had || err != nil { // memory does not fail
		return nil
	}
	codec, can := p.view.codec.(schemas.ReusingRowCodec)
	if !can {
		return p.kept(key, value)
	}
	if err := codec.DecodeInto(spare, value); err != nil {
		p.spoiled(fmt.Errorf("decoding row %q of %s: %w", key, p.view.table, err))
		return nil
	}
	return spare
}

func (p *viewPart) spoiled(err error) {
	p.view.cfg.Log.Error("a row of a view was spoiled", "err", err)
}

// Has reports whether key has a row.
func (p *viewPart) Has(key string) (bool, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	_, ok, err := p.rows.Get(key)
	return ok, err
}

// Get returns the encoded row of key, nil for none.
func (p *viewPart) Get(key string) ([]byte, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	value, _, err := p.rows.Get(key)
	return bytes.Clone(value), err // rows move as others come
}

// GetOffset returns the offset of the newest record read, or def.
func (p *viewPart) GetOffset(def int64) (int64, error) {
	if o := p.offset.Load(); o >= 0 {
		return o, nil
	}
	return def, nil
}

// SetOffset notes the offset of the newest record read.
func (p *viewPart) SetOffset(offset int64) error { p.offset.Store(offset); return nil }

// Open does nothing: rows are in memory.
func (p *viewPart) Open() error { return nil }

// Close does nothing: rows stay for the next connection.
func (p *viewPart) Close() error { return nil }

// MarkRecovered does nothing.
func (p *viewPart) MarkRecovered() error { return nil }

// Iterator is not supported.
func (p *viewPart) Iterator() (storage.Iterator, error) { return nil, errRowsOnly }

// IteratorWithRange is not supported.
func (p *viewPart) IteratorWithRange([]byte, []byte) (storage.Iterator, error) {
	return nil, errRowsOnly
}
