package oracle

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// DatabaseWorld is made up: transactions insert, change, rename, delete and truncate rows of all tables of the
// application, and the connector tells of it as it tells of a real one. It reads tables at the beginning and again later,
// leaves large values out that were not written, says the work of transactions where they end, whenever they began, and
// sends again what it has sent. Some of its records make no sense. Of all this the world has the records, in the order in
// which they are written, and what must come of them.
type DatabaseWorld struct {
	Records   []Record
	Changes   int                                     // of rows, each counted once
	Completed map[string]schemas.TransactionCompleted // by key; without origin and time

	rnd     *rand.Rand
	begin   time.Time
	steps   int
	lsn     int64
	ended   int64   // where the last transaction ended
	early   []int64 // where transactions began to write that have not ended
	tables  []*worldTable
	posts   map[string]bool // that a like or a comment ever named
	current *worldTransaction
}

// worldTable is a table of the application: what its rows are.
type worldTable struct {
	topology.Entity
	weight int
	rows   map[string]map[string]any // by natural id
	ids    []string                  // of rows, to draw from
	hidden map[string]bool           // posts whose content no record says
}

// NewDatabaseWorld is about changes changes of rows, in transactions that end 10 ms apart from begin on.
func NewDatabaseWorld(seed uint64, changes int, begin time.Time) *DatabaseWorld {
	w := &DatabaseWorld{
		Completed: map[string]schemas.TransactionCompleted{}, rnd: rand.New(rand.NewPCG(seed, 6)), begin: begin, lsn: 1 << 30,
		posts: map[string]bool{},
	}
	weights := map[string]int{"posts": 20, "users": 15, "comments": 25, "likes": 25, "follows": 10, "revocations": 5}
	for _, e := range topology.Entities() {
		w.tables = append(w.tables, &worldTable{Entity: e, weight: weights[e.Table], rows: map[string]map[string]any{}, hidden: map[string]bool{}})
	}
	w.firstSnapshot()
	for w.Changes < changes {
		w.steps++
		switch n := w.rnd.IntN(100); {
		case n < 2:
			w.incrementalSnapshot()
		case n < 12:
			w.early = append(w.early, w.room())
		default:
			w.transaction()
		}
	}
	w.Records = redelivered(w.rnd, w.Records, 1500)
	return w
}

// Sent returns how many records a topic gets, and how many of them make no sense.
func (w *DatabaseWorld) Sent(topic string) (n, refused int64) {
	for _, r := range w.Records {
		if r.Topic == topic {
			n++
			if r.refused {
				refused++
			}
		}
	}
	return n, refused
}

// Table returns the rows that a table has in the end, and the columns of rows whose values no record says.
func (w *DatabaseWorld) Table(e topology.Entity) (rows Rows, unknown map[string][]string) {
	rows, unknown = Rows{}, map[string][]string{}
	t := w.table(e.Table)
	for id, values := range t.rows {
		rows[id] = map[string]string{}
		for name, value := range values {
			if value != nil && (name != content || !t.hidden[id]) {
				rows[id][name] = brief(fmt.Sprint(value))
			}
		}
		if t.hidden[id] {
			unknown[id] = []string{content}
		}
	}
	return rows, unknown
}

// Posts returns likes and comments of all posts that were ever named.
func (w *DatabaseWorld) Posts() map[string][2]int64 {
	posts := map[string][2]int64{}
	for id := range w.posts {
		posts[id] = [2]int64{}
	}
	for i, table := range []string{"likes", "comments"} {
		for _, row := range w.table(table).rows {
			if row["post_id"] == nil || row["user_id"] == nil {
				continue
			}
			n := posts[fmt.Sprint(row["post_id"])]
			n[i]++
			posts[fmt.Sprint(row["post_id"])] = n
		}
	}
	return posts
}

func (w *DatabaseWorld) table(name string) *worldTable {
	return w.tables[slices.IndexFunc(w.tables, func(t *worldTable) bool { return t.Table == name })]
}

func (w *DatabaseWorld) now() time.Time {
	return w.begin.Add(time.Duration(w.steps) * 10 * time.Millisecond)
}

func (w *DatabaseWorld) chance(percent int) bool { return w.rnd.IntN(100) < percent }

// put makes values the row of its id.
func (t *worldTable) put(values map[string]any) {
	id := t.id(values)
	if t.rows[id] == nil {
		t.ids = append(t.ids, id)
	}
	t.rows[id] = maps.Clone(values)
	delete(t.hidden, id)
}

// remove takes a row away.
func (t *worldTable) remove(id string) {
	delete(t.rows, id)
	delete(t.hidden, id)
	i := slices.Index(t.ids, id)
	t.ids[i] = t.ids[len(t.ids)-1]
	t.ids = t.ids[:len(t.ids)-1]
}

// id names a row.
func (t *worldTable) id(values map[string]any) string {
	var id []string
	for _, name := range t.Key {
		id = append(id, fmt.Sprint(values[name]))
	}
	return schemas.NaturalID(id...)
}

// key is the primary key of a row.
func (t *worldTable) key(values map[string]any) map[string]any {
	key := map[string]any{}
	for _, name := range t.Key {
		key[name] = values[name]
	}
	return key
}
