package tablestore

import "github.com/cespare/xxhash/v2"

const (
	cleanFactor = 4   // bytes cleaned per byte written while there is much garbage
	skipCost    = 256 // bytes of the budget that a chunk costs which is left alone
	stepCost    = 16  // bytes of the budget that an entry costs beside its own
)

// wasteful says whether chunks hold more than twice the rows that are in them. Two chunks more are no waste: the newest
// is still being filled, and one may be spare.
func (l *log) wasteful() bool { return l.held > 2*(l.live+int64(l.size)) }

// packed says whether moving the entries of a chunk is not worth it: nearly all are live, and there is little room for
// them in the chunk before.
func (l *log) packed(id uint32) bool {
	c := &l.chunks[id]
	well := l.size / 4 * 3
	return c.live > well && (c.older == 0 || len(l.chunks[c.older].data) > well) || len(c.data) > l.size
}

// clean goes on with the pass over the chunks, or begins one if much is garbage. A pass moves the live entries of each
// chunk, in order, to the end of the chunk before it, and to a new one between the two when that is full: so the order
// of the log stays. How much is done at once follows from how much was written since, so that no caller waits long.
func (m *Memory) clean(written int) error {
	for budget := written * cleanFactor; budget > 0; {
		if m.cursor == 0 {
			if !m.log.wasteful() {
				return nil
			}
			m.cursor = m.log.oldest
		}
		switch {
		case m.cursor == m.log.newest:
			m.cursor = 0
			return nil
		case m.log.packed(m.cursor):
			m.cursor = m.log.chunks[m.cursor].newer
			budget -= skipCost
		default:
			cost, err := m.cleanEntry(m.cursor)
			if err != nil {
				return err
			}
			budget -= cost
		}
	}
	return nil
}

// cleanEntry moves the first entry of a chunk to the chunk before, or steps over it if it is garbage. It returns what
// that costs of the budget.
func (m *Memory) cleanEntry(id uint32) (int, error) {
	c := &m.log.chunks[id]
	from := c.first
	e := entryAt(c.data, from)
	c.first = e.next
	if e.garbage {
		return stepCost, nil
	}
	size := e.next - from
	to := c.older
	if to == 0 || m.log.room(to) < size {
		var err error
		if to, err = m.log.insert(id, size); err != nil {
			m.log.chunks[id].first = from
			return 0, err
		}
	}
	m.log.reserve(to, size)
	src, dst := &m.log.chunks[id], &m.log.chunks[to]
	at := locate(to, len(dst.data))
	dst.data = append(dst.data, src.data[from:e.next]...)
	dst.live += size
	m.log.live += int64(size)
	s, tag := m.index.of(xxhash.Sum64(src.data[e.key:e.value]))
	s.move(tag, locate(id, from), at)
	m.kill(locate(id, from))
	return size + stepCost, nil
}

// kill makes an entry garbage. A pass whose chunk goes with it proceeds to the next one.
func (m *Memory) kill(at location) {
	if id := at.chunk(); id == m.cursor {
		newer := m.log.chunks[id].newer
		m.log.kill(at)
		if m.log.chunks == nil || m.log.chunks[id].data == nil {
			m.cursor = newer
		}
		return
	}
	m.log.kill(at)
}
