package tablestore

import "github.com/cespare/xxhash/v2"

// Memory is a store on the heap: a log of rows in chunks, and an index of where each key was written last. There is no
// pointer per row, so the garbage collector does not look at rows. It holds about 15 bytes beside a row's key and value
// and, as long as rows are rewritten faster than they are cleaned up after, up to as much again as the rows need.
// Nothing of it survives the process.
type Memory struct {
	log    log
	index  index
	rows   int64
	next   int64
	cursor uint32 // the chunk that is being cleaned, 0 between two passes
}

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{log: log{size: chunkSize}} }

// Get returns the value of key. It never fails.
func (m *Memory) Get(key string) ([]byte, bool, error) {
	s, tag := m.index.of(xxhash.Sum64String(key))
	if s.used == 0 {
		return nil, false, nil
	}
	_, at := m.find(s, tag, key)
	if at == 0 {
		return nil, false, nil
	}
	data := m.log.chunks[at.chunk()].data
	e := entryAt(data, at.offset())
	return data[e.value:e.end:e.end], true, nil
}

// Apply takes rows. It fails only where the table has grown beyond 256 GiB, and may then be called again with the same.
func (m *Memory) Apply(rows []Row, next int64) error {
	written := 0
	for i := range rows {
		n, err := m.apply(&rows[i])
		if err != nil {
			return err
		}
		written += n
	}
	m.next = next
	return m.clean(written)
}

// apply takes one row and returns about how many bytes it wrote or made garbage.
func (m *Memory) apply(row *Row) (int, error) {
	size := len(row.Key) + len(row.Value) + entryAlign
	s, tag := m.index.of(xxhash.Sum64String(row.Key))
	if row.Value == nil {
		if s.used == 0 {
			return 0, nil
		}
		i, old := m.find(s, tag, row.Key)
		if old != 0 {
			s.remove(i)
			m.kill(old)
			m.rows--
		}
		return size, nil
	}
	at, err := m.log.append(row.Key, row.Value)
	if err != nil {
		return 0, err
	}
	s.reserve()
	i, old := m.find(s, tag, row.Key)
	s.slots[i] = slotOf(tag, at)
	if old != 0 {
		m.kill(old)
	} else {
		s.used++
		m.rows++
	}
	return size, nil
}

// find returns the slot of a key and where its entry is, or an empty slot for it and 0. The shard must have slots.
func (m *Memory) find(s *shard, tag uint64, key string) (int, location) {
	for i := s.search(s.home(tag), tag); ; i = s.search(s.after(i), tag) {
		if s.slots[i] == 0 {
			return i, 0
		}
		at := location(s.slots[i] & locationMask)
		data := m.log.chunks[at.chunk()].data
		if e := entryAt(data, at.offset()); string(data[e.key:e.value]) == key {
			return i, at
		}
	}
}

// Next returns the changelog offset behind the rows taken.
func (m *Memory) Next() int64 { return m.next }

// Oldest calls f for rows in the order in which they were last written.
func (m *Memory) Oldest(f func(key string, value []byte) bool) error {
	m.log.walk(f)
	return nil
}

// Each calls f for every row.
func (m *Memory) Each(f func(key string, value []byte) bool) error { return m.Oldest(f) }

// Size returns how many rows there are and what they take.
func (m *Memory) Size() Size { return Size{Rows: m.rows, Memory: m.log.held + m.index.bytes()} }

// Close forgets everything.
func (m *Memory) Close() error {
	*m = *NewMemory()
	return nil
}
