package streams

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/lovoo/goka/storage"

	"github.com/nova-social/nova-streams/schemas"
)

// viewPart is one partition of a View: the storage goka fills.
type viewPart struct {
	view   *View
	mu     sync.RWMutex
	rows   map[string]schemas.Row
	offset atomic.Int64 // newest changelog record read, -1 for none
}

var _ storage.Storage = (*viewPart)(nil)

// errRowsOnly is why goka cannot iterate a view: rows are read with View.Get.
var errRowsOnly = errors.New("streams: a view keeps decoded rows; read them with View.Get")

// Set decodes one changelog record. Of two records of a key the one that has seen more input wins.
func (p *viewPart) Set(key string, value []byte) error {
	v, err := p.view.codec.Decode(value)
	if err != nil {
		return fmt.Errorf("decoding row %q of %s: %w", key, p.view.table, err)
	}
	row, ok := v.(schemas.Row)
	if !ok {
		return fmt.Errorf("decoding row %q of %s: got %T", key, p.view.table, v)
	}
	p.mu.Lock()
	old, had := p.rows[key]
	newer := !had || row.Last().Covers(old.Last())
	if newer {
		p.rows[key] = row
	}
	p.mu.Unlock()
	if newer {
		p.view.onUpdate(key, row)
	}
	return nil
}

// Delete takes a tombstone.
func (p *viewPart) Delete(key string) error {
	p.mu.Lock()
	delete(p.rows, key)
	p.mu.Unlock()
	p.view.onUpdate(key, nil)
	return nil
}

func (p *viewPart) each(f func(key string, row schemas.Row) bool) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for key, row := range p.rows {
		if !f(key, row) {
			return false
		}
	}
	return true
}

// Has reports whether key has a row.
func (p *viewPart) Has(key string) (bool, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	_, ok := p.rows[key]
	return ok, nil
}

// Get returns the encoded row of key, nil for none.
func (p *viewPart) Get(key string) ([]byte, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if row, ok := p.rows[key]; ok {
		return p.view.codec.Encode(row)
	}
	return nil, nil
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
