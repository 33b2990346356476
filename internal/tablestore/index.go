package tablestore

const (
	shards  = 256 // each grows by itself, so that no row waits for all of them
	tagBits = 64 - locationBits
)

// index finds the location of an entry by the hash of its key. The low byte of the hash says which shard, the high bits
// are the tag.
type index [shards]shard

func (x *index) of(hash uint64) (s *shard, tag uint64) { return &x[hash%shards], hash >> locationBits }

// bytes returns what the tables hold on the heap.
func (x *index) bytes() int64 {
	n := 0
	for i := range x {
		n += 8 * cap(x[i].slots)
	}
	return int64(n)
}

// shard is a table with linear probing. A slot is a tag above a location, 0 while it is empty. As an entry's place
// follows from its tag alone, the table grows, shrinks and closes gaps without a look at the keys; and as places have
// the order of the tags, it grows by a quarter and stays two thirds full at least.
type shard struct {
	slots []uint64
	used  int
}

func slotOf(tag uint64, at location) uint64 { return tag<<locationBits | uint64(at) }

// home returns where a tag belongs.
func (s *shard) home(tag uint64) int { return int(tag * uint64(len(s.slots)) >> tagBits) }

// after returns the slot behind i.
func (s *shard) after(i int) int {
	if i++; i < len(s.slots) {
		return i
	}
	return 0
}

// search returns the first slot from i on that has the tag, or the first empty one.
func (s *shard) search(i int, tag uint64) int {
	for {
		if slot := s.slots[i]; slot == 0 || slot>>locationBits == tag {
			return i
		}
		i = s.after(i)
	}
}

// reserve makes sure that one more entry fits and an empty slot remains.
func (s *shard) reserve() {
	if n := len(s.slots); (s.used+1)*16 > n*13 {
		s.resize(max(8, n+n/4))
	}
}

// remove empties slot i and moves up those behind it that are not at home.
func (s *shard) remove(i int) {
	s.used--
	n := len(s.slots)
	if n > 8 && s.used*4 < n {
		s.slots[i] = 0
		s.resize(max(8, s.used*3/2))
		return
	}
	for j := s.after(i); s.slots[j] != 0; j = s.after(j) {
		home := s.home(s.slots[j] >> locationBits)
		// The slot may move to i if i is not before its home: if it is as far from home as it is from i, or farther.
		if fromHome, fromGap := (j-home+n)%n, (j-i+n)%n; fromHome >= fromGap {
			s.slots[i] = s.slots[j]
			i = j
		}
	}
	s.slots[i] = 0
}

// resize makes a table of n slots.
func (s *shard) resize(n int) {
	old := s.slots
	s.slots = make([]uint64, n)
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := s.home(slot >> locationBits)
		for s.slots[i] != 0 {
			i = s.after(i)
		}
		s.slots[i] = slot
	}
}

// move says that an entry has moved. It must be in the table.
func (s *shard) move(tag uint64, from, to location) {
	i := s.home(tag)
	for s.slots[i] != slotOf(tag, from) {
		i = s.after(i)
	}
	s.slots[i] = slotOf(tag, to)
}
