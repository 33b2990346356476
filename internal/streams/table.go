package streams

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// entry is one decoded row of a table. It is what verbs change; the store beneath is what the changelog holds.
type entry struct {
	key    string
	row    schemas.Row      // nil for a row that expired and whose tombstone is on its way
	gone   schemas.Position // of the row that was deleted, where row is nil
	size   int              // bytes of the row as it was last encoded or read
	grown  int              // bytes of input since then: a bound of how much it may have grown
	dirty  bool             // changed since it was last sent
	flying int              // versions sent and not acknowledged
	heals  bool             // to be sent for outdoing an older row behind it in the changelog
	uses   int              // how often it was asked for since it was last clean
}

// table is the group table of one partition: a store of what is acknowledged in the changelog, and above it the rows
// that are not yet there, and those in use. What a session leaves behind unacknowledged is forgotten with the table;
// the store goes on to the next session. It does no I/O of its own and takes no lock.
type table struct {
	topic string
	part  int32
	codec schemas.RowCodec
	spent *outgoing // where acknowledged records go
	store tablestore.Store
	cache int // decoded rows to keep
	limit int // bytes of a row and its key, 0 for no limit

	hot    map[string]*entry
	free   []*entry // to use again
	trimAt int      // how many of them are too many
	dirty  []*entry
	next   int64            // offset the next changelog record will get, if nobody else writes
	heal   map[string]int64 // keys whose best row lies before an older one in the changelog, with that one's offset
}

func newTable(topic string, part int32, codec schemas.RowCodec, spent *outgoing, store tablestore.Store, cache, limit int) *table {
	return &table{topic: topic, part: part, codec: codec, spent: spent, store: store, cache: cache, limit: limit, hot: map[string]*entry{}, heal: map[string]int64{}, next: store.Next()}
}

// recover takes records of the changelog in order; next is the offset behind the last. Of two records of a key the one
// that has seen more input wins, whatever their order in the log: an owner that lost its partition may write late. Such
// a winner is sent again before it may be compacted away.
//
// A tombstone has seen what the row had that it removes, and loses against one that has seen more. Once it has won it is
// forgotten: an older row that comes late behind it is a row again, here, in a view, and after compaction. That costs
// its room until it expires once more, no more: whoever deletes a row promises that verbs take it for worthless, and
// what an earlier owner knew of it is older still.
func (t *table) recover(recs []*kgo.Record, next int64) error {
	rows := make([]tablestore.Row, 0, len(recs))
	at := make(map[string]int, len(recs))
	for _, r := range recs {
		key := string(r.Key)
		var old []byte
		if i, again := at[key]; again {
			old = rows[i].Value
		} else if kept, has, err := t.store.Get(key); err != nil {
			return fmt.Errorf("recovering row %q of %s/%d: %w", key, t.topic, t.part, err)
		} else if has {
			old = kept
		}
		newer, err := t.newer(old, r)
		if err != nil {
			return err
		}
		if !newer {
			t.heal[key] = r.Offset
			continue
		}
		delete(t.heal, key)
		at[key] = len(rows)
		rows = append(rows, tablestore.Row{Key: key, Value: r.Value})
	}
	t.next = next
	return t.apply(rows, next)
}

// newer reports whether the row or tombstone in r has seen at least as much as the row in old, nil for none.
func (t *table) newer(old []byte, r *kgo.Record) (bool, error) {
	last, err := seen(t.codec, r)
	if err != nil {
		return false, fmt.Errorf("recovering a row of %s/%d: %w", t.topic, t.part, err)
	}
	if old == nil {
		return true, nil
	}
	before, err := t.codec.Last(old)
	if err != nil {
		return false, fmt.Errorf("recovering a row of %s/%d: %w", t.topic, t.part, err)
	}
	return last.Covers(before), nil
}

// apply writes to the store. As long as a winner has not been sent again, the store says that it has not read beyond
// the record that has to be outdone: whoever opens it next sees that record, too.
func (t *table) apply(rows []tablestore.Row, next int64) error {
	for _, bad := range t.heal {
		next = min(next, bad)
	}
	if err := t.store.Apply(rows, next); err != nil {
		return fmt.Errorf("keeping rows of %s/%d: %w", t.topic, t.part, err)
	}
	return nil
}

// get returns the entry of key, nil for none. The row of an entry is nil where it is on its way out.
func (t *table) get(key string) (*entry, error) {
	if e := t.hot[key]; e != nil {
		e.uses++
		return e, nil
	}
	raw, has, err := t.store.Get(key)
	if err != nil {
		return nil, fmt.Errorf("reading row %q of %s/%d: %w", key, t.topic, t.part, err)
	}
	if !has {
		return nil, nil
	}
	row, err := t.decode(key, raw)
	if err != nil {
		return nil, err
	}
	t.trim() // before, so that set finds in its place what is returned here
	e := t.fresh(key)
	e.row, e.size = row, len(raw)
	return e, nil
}

// peek returns the row of key, nil for none, and leaves no entry behind.
func (t *table) peek(key string) (schemas.Row, error) {
	if e := t.hot[key]; e != nil {
		return e.row, nil
	}
	raw, has, err := t.store.Get(key)
	if err != nil {
		return nil, fmt.Errorf("reading row %q of %s/%d: %w", key, t.topic, t.part, err)
	}
	if !has {
		return nil, nil
	}
	return t.decode(key, raw)
}

func (t *table) decode(key string, raw []byte) (schemas.Row, error) {
	v, err := t.codec.Decode(raw)
	if err != nil {
		return nil, fmt.Errorf("decoding row %q of %s/%d: %w", key, t.topic, t.part, err)
	}
	row, ok := v.(schemas.Row)
	if !ok {
		return nil, fmt.Errorf("decoding row %q of %s/%d: got %T", key, t.topic, t.part, v)
	}
	return row, nil
}

// set makes row the row of key as of pos and marks it for the next flush. e is what get has just returned, input the
// size of the record that led to the row.
func (t *table) set(e *entry, key string, row schemas.Row, pos schemas.Position, input int) {
	if e == nil {
		e = t.fresh(key)
	}
	row.SetLast(pos)
	e.row = row
	e.grown += rowGrowth(input)
	t.touch(e)
}

// remove deletes the row of e, which is what get has returned, and marks its tombstone for the next flush.
func (t *table) remove(e *entry) {
	t.hot[e.key], e.row, e.gone = e, nil, e.row.Last()
	t.touch(e)
}

// fresh returns a new entry of key, which is in use.
func (t *table) fresh(key string) *entry {
	var e *entry
	if n := len(t.free); n > 0 {
		e, t.free = t.free[n-1], t.free[:n-1]
	} else {
		e = &entry{}
	}
	*e = entry{key: key, uses: 1}
	t.hot[key] = e
	return e
}

// drop forgets an entry that is as the store has it. Nobody else may hold it.
func (t *table) drop(e *entry) {
	delete(t.hot, e.key)
	*e = entry{}
	if len(t.free) < freeEntries {
		t.free = append(t.free, e)
	}
}

// freeEntries is how many entries are kept to use again, about those of one long epoch.
const freeEntries = 8_000

func (t *table) touch(e *entry) {
	if !e.dirty {
		e.dirty = true
		t.dirty = append(t.dirty, e)
	}
}

// rowGrowth bounds by how much one input may make a row longer: a verb keeps what it read, and a little beside it.
func rowGrowth(input int) int { return input + 256 }

// near reports whether one more input of that size could make the row of e, under that key, too large for the changelog.
func (t *table) near(e *entry, key string, input int) bool {
	size := len(key)
	if e != nil {
		size += e.size + e.grown
	}
	return t.limit > 0 && size+rowGrowth(input) > t.limit
}

// ErrForeignWriter says that a record in a table's changelog was written by somebody else: two processes took
// themselves for the owner of the partition. The stage reads the table anew and sends the rows again that were outdone.
var ErrForeignWriter = errors.New("streams: somebody else writes to the table")

// bytesOf returns the bytes of s, not a copy: a producer only reads the key it is given.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
