package schemas

import (
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// MaxCommitMeta is the longest metadata a broker accepts beside an offset by default (offset.metadata.max.bytes).
const MaxCommitMeta = 4096

// The first byte of the binary form. The first version had no epoch; what it says belongs to epoch 0. Up to the second,
// every block of an announcement covered its whole range, and all were of one attempt.
const (
	commitVersion      = 3
	commitWholeBlocks  = 2
	commitWithoutEpoch = 1
)

var errCommitMeta = errors.New("schemas: malformed commit metadata")

// Encode returns m as text for the offset commit: base64 of version, epoch, accounting, announcement, and the vector by
// emitter and partition, numbers as varints. Equal values give equal texts. It does not check MaxCommitMeta.
func (m CommitMeta) Encode() string {
	b := binary.AppendVarint([]byte{commitVersion}, int64(m.Epoch))
	a := m.Accounting
	for _, n := range [...]int64{a.In, a.Applied, a.Duplicate, a.Replay, a.Absorbed, a.Skipped, a.Dead, a.Late} {
		b = binary.AppendVarint(b, n)
	}
	b = m.Announced.append(b)

	marks := make(map[string][]Source, 2)
	for source := range m.Vector {
		marks[source.Emitter] = append(marks[source.Emitter], source)
	}
	emitters := make([]string, 0, len(marks))
	for emitter := range marks {
		emitters = append(emitters, emitter)
	}
	slices.Sort(emitters)
	b = binary.AppendUvarint(b, uint64(len(emitters)))
	for _, emitter := range emitters {
		sources := marks[emitter]
		slices.SortFunc(sources, func(x, y Source) int { return cmp.Compare(x.Partition, y.Partition) })
		b = appendText(b, emitter)
		b = binary.AppendUvarint(b, uint64(len(sources)))
		for _, source := range sources {
			mark := m.Vector[source]
			b = binary.AppendVarint(b, int64(source.Partition))
			b = binary.AppendVarint(b, int64(mark.Epoch))
			b = binary.AppendVarint(b, mark.Offset)
			b = binary.AppendVarint(b, int64(mark.N))
		}
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// append appends the announcement, led by 1, or 0 for none.
func (a *Announcement) append(b []byte) []byte {
	if a == nil {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendVarint(b, a.First)
	b = binary.AppendVarint(b, a.Last)
	b = binary.AppendVarint(b, int64(a.Columns))
	b = binary.AppendUvarint(b, a.Server)
	b = binary.AppendUvarint(b, uint64(len(a.Blocks)))
	for _, block := range a.Blocks {
		b = appendText(b, block.Part)
		b = binary.AppendVarint(b, block.First-a.First)
		b = binary.AppendVarint(b, a.Last-block.Last)
		b = binary.AppendVarint(b, int64(block.Attempt))
	}
	b = binary.AppendUvarint(b, uint64(len(a.Refused)))
	before := a.First
	for _, offset := range a.Refused {
		b = binary.AppendVarint(b, offset-before)
		before = offset
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// DecodeCommitMeta reads what Encode wrote. The empty string, which a group has before its first commit, is the zero
// value; so is an empty vector nil, and an empty list of blocks or refused offsets.
func DecodeCommitMeta(text string) (CommitMeta, error) {
	if text == "" {
		return CommitMeta{}, nil
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		return CommitMeta{}, fmt.Errorf("decoding commit metadata: %w", err)
	}
	if len(b) == 0 || b[0] < commitWithoutEpoch || b[0] > commitVersion {
		return CommitMeta{}, fmt.Errorf("decoding commit metadata: unknown version: %w", errCommitMeta)
	}
	r := metaReader{version: b[0], b: b[1:]}
	m := CommitMeta{}
	if r.version != commitWithoutEpoch {
		m.Epoch = r.int()
	}
	a := &m.Accounting
	for _, n := range [...]*int64{&a.In, &a.Applied, &a.Duplicate, &a.Replay, &a.Absorbed, &a.Skipped, &a.Dead, &a.Late} {
		*n = r.long()
	}
	m.Announced = r.announcement()
	m.Vector = r.vector()
	if r.broken || len(r.b) > 0 {
		return CommitMeta{}, fmt.Errorf("decoding commit metadata: %w", errCommitMeta)
	}
	return m, nil
}

// metaReader reads numbers and texts; after the first mistake it is broken and returns zeros.
type metaReader struct {
	version byte
	b       []byte
	broken  bool
}

func (r *metaReader) announcement() *Announcement {
	switch r.count() {
	case 0:
		return nil
	case 1:
	default:
		r.broken = true
		return nil
	}
	a := &Announcement{First: r.long(), Last: r.long()}
	if r.version < commitVersion {
		r.wholeBlocks(a)
		return a
	}
	a.Columns, a.Server = r.int(), r.unsigned()
	for n := r.count(); n > 0 && !r.broken; n-- {
		a.Blocks = append(a.Blocks, AnnouncedBlock{Part: r.text(), First: a.First + r.long(), Last: a.Last - r.long(), Attempt: r.int()})
	}
	before := a.First
	for n := r.count(); n > 0 && !r.broken; n-- {
		before += r.long()
		a.Refused = append(a.Refused, before)
	}
	return a
}

// wholeBlocks reads the blocks as they were written before one could cover less than the range.
func (r *metaReader) wholeBlocks(a *Announcement) {
	attempt := r.int()
	a.Columns = r.int()
	for n := r.count(); n > 0 && !r.broken; n-- {
		a.Blocks = append(a.Blocks, AnnouncedBlock{r.text(), a.First, a.Last, attempt})
	}
}

func (r *metaReader) vector() map[Source]Mark {
	var vector map[Source]Mark
	for emitters := r.count(); emitters > 0 && !r.broken; emitters-- {
		emitter := r.text()
		for n := r.count(); n > 0 && !r.broken; n-- {
			if vector == nil {
				vector = make(map[Source]Mark)
			}
			source := Source{Emitter: emitter, Partition: r.int()}
			if _, twice := vector[source]; twice {
				r.broken = true
			}
			vector[source] = Mark{Epoch: r.int(), Offset: r.long(), N: r.int()}
		}
	}
	return vector
}

func (r *metaReader) long() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 || !r.advance(n) { // n is not positive where the varint is cut or too long
		r.broken = true
		return 0
	}
	return v
}

func (r *metaReader) int() int32 {
	v := r.long()
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.broken = true
		return 0
	}
	return int32(v)
}

func (r *metaReader) unsigned() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || !r.advance(n) {
		r.broken = true
		return 0
	}
	return v
}

// count reads how many things follow; each takes at least a byte.
func (r *metaReader) count() int {
	v := r.unsigned()
	if v > uint64(len(r.b)) {
		r.broken = true
		return 0
	}
	return int(v)
}

func (r *metaReader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.advance(n)
	return s
}

// advance goes n bytes on.
func (r *metaReader) advance(n int) bool {
	if n > len(r.b) || r.broken {
		r.broken = true
		return false
	}
	r.b = r.b[n:]
	return true
}
