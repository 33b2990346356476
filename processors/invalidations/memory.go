package invalidations

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// remembered is of how many keys something is kept in mind; a hundred bytes each or so.
const remembered = 100_000

// memory is what a group has in mind of the keys it met last. It holds for a stretch of the log that is read without a gap:
// a replay, a partition that was elsewhere meanwhile and a topic that is created anew begin another stretch, of which nothing
// is known. So what was told and lost is told again, and what somebody else has told does not count. Not seen is that
// another process has handled exactly what this one had when it lost the partition.
type memory[V any] struct {
	mu        sync.Mutex
	stretches map[int32]stretch[V] // by partition
	count     int64                // stretches so far
	keys      *simplelru.LRU[string, noted[V]]
}

// stretch is a part of one partition's log.
type stretch[V any] struct {
	memory *memory[V]
	number int64
	next   int64 // offset behind the input at hand
}

type noted[V any] struct {
	stretch int64
	value   V
}

func newMemory[V any](keys int) *memory[V] {
	lru, err := simplelru.NewLRU[string, noted[V]](keys, nil)
	if err != nil { // not for a positive number
		panic(err)
	}
	return &memory[V]{stretches: map[int32]stretch[V]{}, keys: lru}
}

// at returns the stretch that an input lies in. It is to be called for each input.
func (m *memory[V]) at(partition int32, offset int64) stretch[V] {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, known := m.stretches[partition]
	if !known || s.next != offset {
		m.count++
		s = stretch[V]{memory: m, number: m.count}
	}
	s.next = offset + 1
	m.stretches[partition] = s
	return s
}

// recall returns what was noted of a key within the stretch, and false for nothing.
func (s stretch[V]) recall(key string) (V, bool) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	n, ok := s.memory.keys.Get(key)
	if !ok || n.stretch != s.number {
		var none V
		return none, false
	}
	return n.value, true
}

// note keeps a value of a key in mind.
func (s stretch[V]) note(key string, value V) {
	s.memory.mu.Lock()
	defer s.memory.mu.Unlock()
	s.memory.keys.Add(key, noted[V]{s.number, value})
}
