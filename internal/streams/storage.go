package streams

import (
	"slices"
	"sync/atomic"

	"github.com/lovoo/goka/storage"
)

// taskStorage is how goka reaches a task's table: it recovers into it and reads from it. goka never writes rows through
// it after recovery, because taskContext keeps SetValue to itself.
type taskStorage struct {
	task   *task
	offset atomic.Int64 // offset of the newest recovered changelog record, -1 for none
}

var _ storage.Storage = (*taskStorage)(nil)

func newTaskStorage(t *task) *taskStorage {
	s := &taskStorage{task: t}
	s.offset.Store(-1)
	return s
}

// Open does nothing: the table is empty and in memory.
func (s *taskStorage) Open() error { return nil }

// Close does nothing: the session drains its tasks after goka has stopped them.
func (s *taskStorage) Close() error { return nil }

// MarkRecovered does nothing: recovered rows are decoded on first use.
func (s *taskStorage) MarkRecovered() error { return nil }

// Has reports whether key has a row.
func (s *taskStorage) Has(key string) (bool, error) {
	v, err := s.Get(key)
	return v != nil, err
}

// Get returns the encoded row of key, nil for none.
func (s *taskStorage) Get(key string) ([]byte, error) {
	s.task.mu.Lock()
	defer s.task.mu.Unlock()
	return s.task.table.encoded(key)
}

// Set takes a changelog record during recovery.
func (s *taskStorage) Set(key string, value []byte) error {
	s.task.mu.Lock()
	defer s.task.mu.Unlock()
	return s.task.table.recover(key, value)
}

// Delete takes a tombstone during recovery.
func (s *taskStorage) Delete(key string) error {
	s.task.mu.Lock()
	defer s.task.mu.Unlock()
	s.task.table.remove(key)
	return nil
}

// GetOffset returns the offset of the newest changelog record in the table, or def.
func (s *taskStorage) GetOffset(def int64) (int64, error) {
	if o := s.offset.Load(); o >= 0 {
		return o, nil
	}
	return def, nil
}

// SetOffset notes the offset of the newest changelog record in the table.
func (s *taskStorage) SetOffset(offset int64) error {
	s.offset.Store(offset)
	return nil
}

// Iterator goes over all rows in key order, encoded as of the call.
func (s *taskStorage) Iterator() (storage.Iterator, error) { return s.IteratorWithRange(nil, nil) }

// IteratorWithRange goes over the rows with start <= key < limit; a nil bound is no bound.
func (s *taskStorage) IteratorWithRange(start, limit []byte) (storage.Iterator, error) {
	s.task.mu.Lock()
	defer s.task.mu.Unlock()
	it := &rowIterator{at: -1}
	for key := range s.task.table.rows {
		if (start == nil || key >= string(start)) && (limit == nil || key < string(limit)) {
			it.keys = append(it.keys, key)
		}
	}
	slices.Sort(it.keys)
	for _, key := range it.keys {
		v, err := s.task.table.encoded(key)
		if err != nil {
			return nil, err
		}
		it.values = append(it.values, v)
	}
	return it, nil
}

// rowIterator is a snapshot of rows.
type rowIterator struct {
	keys   []string
	values [][]byte
	at     int
}

func (i *rowIterator) Next() bool             { i.at++; return i.at < len(i.keys) }
func (i *rowIterator) Err() error             { return nil }
func (i *rowIterator) Key() []byte            { return []byte(i.keys[i.at]) }
func (i *rowIterator) Value() ([]byte, error) { return i.values[i.at], nil }
func (i *rowIterator) Release()               {}

func (i *rowIterator) Seek(key []byte) bool {
	n, _ := slices.BinarySearch(i.keys, string(key))
	i.at = n - 1
	return n < len(i.keys)
}
