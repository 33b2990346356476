package tablestore

import (
	"encoding/binary"
	"fmt"
)

const (
	chunkSize  = 1 << 20 // bytes; a larger entry has a chunk of its own
	entryAlign = 4       // bytes; every entry starts at a multiple of it

	offsetBits   = 18 // chunkSize / entryAlign
	chunkBits    = 18 // 256 GiB
	locationBits = offsetBits + chunkBits
	locationMask = 1<<locationBits - 1
)

// location says where an entry is: its chunk, and its offset there in units of entryAlign. 0 is nowhere.
type location uint64

func locate(id uint32, offset int) location {
	return location(id)<<offsetBits | location(offset/entryAlign)
}

func (l location) chunk() uint32 { return uint32(l >> offsetBits) }
func (l location) offset() int   { return int(l&(1<<offsetBits-1)) * entryAlign }

// chunk is a stretch of the log. An entry is a uvarint of twice the length of the key, plus one once it is garbage;
// a uvarint of the length of the value; key, value, and zeros up to the next multiple of entryAlign.
type chunk struct {
	data         []byte // the entries
	live         int    // bytes of the entries that are no garbage
	first        int    // offset before which all is garbage
	older, newer uint32 // the chunks beside it, 0 at the ends
}

// log is the entries in the order in which they were written, in chunks without pointers.
type log struct {
	size           int      // bytes of a chunk, at most chunkSize
	chunks         []chunk  // by id, which begin with 1
	free           []uint32 // ids without a chunk
	oldest, newest uint32   // ids, 0 while there is no chunk
	spare          []byte   // of the chunk freed last: most are wanted again at once
	live           int64    // bytes of the entries that are no garbage
	held           int64    // bytes of all chunks, whatever is in them
}

// room returns how many bytes of entries fit in a chunk.
func (l *log) room(id uint32) int { return max(l.size-len(l.chunks[id].data), 0) }

// entry is where the parts of an entry lie in its chunk.
type entry struct {
	key, value, end, next int
	garbage               bool
}

func entryAt(data []byte, offset int) entry {
	k, n := binary.Uvarint(data[offset:])
	v, m := binary.Uvarint(data[offset+n:])
	key := offset + n + m
	value := key + int(k>>1)
	end := value + int(v)
	return entry{key: key, value: value, end: end, next: aligned(end), garbage: k&1 != 0}
}

func aligned(n int) int { return (n + entryAlign - 1) &^ (entryAlign - 1) }

func uvarintLen(n int) int {
	l := 1
	for ; n >= 0x80; n >>= 7 {
		l++
	}
	return l
}

// append writes an entry behind all others.
func (l *log) append(key string, value []byte) (location, error) {
	size := aligned(uvarintLen(2*len(key)) + uvarintLen(len(value)) + len(key) + len(value))
	id := l.newest
	if id == 0 || l.room(id) < size {
		var err error
		if id, err = l.insert(0, size); err != nil {
			return 0, err
		}
	}
	l.reserve(id, size)
	c := &l.chunks[id]
	at := locate(id, len(c.data))
	end := len(c.data) + size
	c.data = binary.AppendUvarint(c.data, uint64(2*len(key)))
	c.data = binary.AppendUvarint(c.data, uint64(len(value)))
	c.data = append(c.data, key...)
	c.data = append(c.data, value...)
	for len(c.data) < end {
		c.data = append(c.data, 0)
	}
	c.live += size
	l.live += int64(size)
	return at, nil
}

// insert makes an empty chunk for an entry of so many bytes before the chunk named newer, behind all if that is 0.
func (l *log) insert(newer uint32, size int) (uint32, error) {
	id, err := l.newID()
	if err != nil {
		return 0, err
	}
	older := l.newest
	if newer != 0 {
		older = l.chunks[newer].older
	}
	c := chunk{older: older, newer: newer}
	switch {
	case size > l.size:
		c.data = make([]byte, 0, size)
	case l.oldest == 0: // perhaps there will be few rows: begin small
		c.data = make([]byte, 0, l.size/256)
	case l.spare != nil:
		c.data, l.spare = l.spare, nil
		l.held -= int64(l.size)
	default:
		c.data = make([]byte, 0, l.size)
	}
	l.held += int64(cap(c.data))
	l.chunks[id] = c
	l.link(older, newer, id, id)
	return id, nil
}

func (l *log) newID() (uint32, error) {
	if n := len(l.free); n > 0 {
		id := l.free[n-1]
		l.free = l.free[:n-1]
		return id, nil
	}
	if len(l.chunks) == 0 {
		l.chunks = make([]chunk, 1, 4)
	}
	if len(l.chunks) == 1<<chunkBits {
		return 0, fmt.Errorf("more than 2^%d chunks in memory: %w", chunkBits, ErrFull)
	}
	l.chunks = append(l.chunks, chunk{})
	return uint32(len(l.chunks) - 1), nil
}

// link makes behind what follows older, and before what precedes newer.
func (l *log) link(older, newer, behind, before uint32) {
	if older == 0 {
		l.oldest = behind
	} else {
		l.chunks[older].newer = behind
	}
	if newer == 0 {
		l.newest = before
	} else {
		l.chunks[newer].older = before
	}
}

// reserve makes room for so many bytes in a chunk that has not reached its full size.
func (l *log) reserve(id uint32, size int) {
	c := &l.chunks[id]
	if need := len(c.data) + size; need > cap(c.data) {
		data := make([]byte, len(c.data), min(max(2*cap(c.data), need), max(l.size, need)))
		copy(data, c.data)
		l.held += int64(cap(data) - cap(c.data))
		c.data = data
	}
}

// kill makes an entry garbage, and frees its chunk if it was the last one there.
func (l *log) kill(at location) {
	id, offset := at.chunk(), at.offset()
	c := &l.chunks[id]
	e := entryAt(c.data, offset)
	c.data[offset] |= 1
	size := e.next - offset
	c.live -= size
	l.live -= int64(size)
	if c.live == 0 {
		l.release(id)
	}
}

// release frees a chunk without live entries.
func (l *log) release(id uint32) {
	c := l.chunks[id]
	l.link(c.older, c.newer, c.newer, c.older)
	l.chunks[id] = chunk{}
	l.free = append(l.free, id)
	switch {
	case l.oldest == 0: // nothing is left: give all back
		*l = log{size: l.size}
	case cap(c.data) == l.size && l.spare == nil:
		l.spare = c.data[:0]
	default:
		l.held -= int64(cap(c.data))
	}
}

// walk calls f for the entries that are no garbage in the order in which they were written, until f returns false.
func (l *log) walk(f func(key string, value []byte) bool) {
	for id := l.oldest; id != 0; id = l.chunks[id].newer {
		c := &l.chunks[id]
		for offset := c.first; offset < len(c.data); {
			e := entryAt(c.data, offset)
			switch {
			case !e.garbage:
				if !f(string(c.data[e.key:e.value]), c.data[e.value:e.end:e.end]) {
					return
				}
			case offset == c.first:
				c.first = e.next
			}
			offset = e.next
		}
	}
}
