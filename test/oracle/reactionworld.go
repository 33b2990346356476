package oracle

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Record is to be written to a topic, to the partition of its key.
type Record struct {
	Topic   string
	Key     string // "" for none: any partition
	Value   []byte // nil for a tombstone
	Headers []sarama.RecordHeader
	at      int  // its place in time; those of the database lie in its own order
	refused bool // it makes no sense
}

// Message returns the record as a producer takes it.
func (r Record) Message() *sarama.ProducerMessage {
	m := &sarama.ProducerMessage{Topic: r.Topic, Headers: r.Headers}
	if r.Key != "" {
		m.Key = sarama.StringEncoder(r.Key)
	}
	if r.Value != nil {
		m.Value = sarama.ByteEncoder(r.Value)
	}
	return m
}

// redelivered returns records as a connector writes them that is killed now and then, once in so many records: it begins
// again with something it has written before. What clients say comes once.
func redelivered(rnd *rand.Rand, records []Record, every int) (all []Record) {
	var last []Record
	for _, r := range records {
		all = append(all, r)
		if r.Topic == string(topology.Events) {
			continue
		}
		if last = append(last, r); rnd.IntN(every) == 0 {
			all = append(all, last[max(0, len(last)-1-rnd.IntN(300)):]...)
		}
	}
	return all
}

// ReactionWorld is made up: users like posts and comment on them, clients and the database tell of it, one of them or both,
// either first. It has the records in the order in which they are written, and what must come of them.
type ReactionWorld struct {
	Records []Record
	Pairs   map[[2]string]*Reaction // by user and post

	rnd      *rand.Rand
	step     int
	begin    time.Time
	lsn      int64
	events   int
	likes    []([2]string) // that the database has
	comments []comment     // likewise
}

// comment is a row of the database.
type comment struct{ id, user, post string }

// Busy is who comments on HotPost so often that not all ids are kept, and does nothing else.
const (
	Busy    = "busy"
	HotPost = "hot"
)

// disorder is by how many steps what a client says may come too early or too late.
const disorder = 500

// NewReactionWorld does so many things, 10 ms each, from begin on.
func NewReactionWorld(seed uint64, steps int, begin time.Time) *ReactionWorld {
	w := &ReactionWorld{Pairs: map[[2]string]*Reaction{}, rnd: rand.New(rand.NewPCG(seed, 0)), begin: begin, lsn: 1 << 30}
	w.Do(steps)
	return w
}

// Do does so many things more. Records has those of them alone, which are written after all from before.
func (w *ReactionWorld) Do(steps int) {
	w.Records = nil
	for range steps {
		switch n := w.rnd.IntN(100); {
		case n < 35:
			w.like()
		case n < 48:
			w.unlike()
		case n < 51:
			w.moveLike()
		case n < 85:
			w.comment()
		case n < 93:
			w.uncomment()
		default:
			w.changeComment()
		}
		w.step++
	}
	slices.SortStableFunc(w.Records, func(a, b Record) int { return cmp.Compare(a.at, b.at) })
	w.Records = redelivered(w.rnd, w.Records, 1000)
}

// Posts returns likes and comments by post.
func (w *ReactionWorld) Posts() map[string][2]int64 {
	posts := map[string][2]int64{}
	for pair, r := range w.Pairs {
		sum := posts[pair[1]]
		posts[pair[1]] = [2]int64{sum[0] + r.Likes(), sum[1] + r.Comments()}
	}
	return posts
}

// Sent returns how many records a topic gets.
func (w *ReactionWorld) Sent(topic string) (n int64) {
	for _, r := range w.Records {
		if r.Topic == topic {
			n++
		}
	}
	return n
}

func (w *ReactionWorld) chance(percent int) bool { return w.rnd.IntN(100) < percent }

func (w *ReactionWorld) now() time.Time {
	return w.begin.Add(time.Duration(w.step) * 10 * time.Millisecond)
}

func (w *ReactionWorld) pair(user, post string) *Reaction {
	key := [2]string{user, post}
	if w.Pairs[key] == nil {
		w.Pairs[key] = &Reaction{Named: map[string]bool{}, Created: map[string]bool{}, There: map[string]bool{}}
	}
	return w.Pairs[key]
}

func (w *ReactionWorld) user() string { return fmt.Sprintf("user:%d", w.rnd.IntN(150)) }

func (w *ReactionWorld) post() string { return fmt.Sprintf("post%%%d", w.rnd.IntN(60)) }

// said draws who says something.
func (w *ReactionWorld) said() (byClient, byDatabase bool) {
	n := w.rnd.IntN(10)
	return n < 7, n >= 3
}

// event has a client say something, near its time, and sometimes twice.
func (w *ReactionWorld) event(user, post, action, commentID string) {
	w.events++
	value, _ := json.Marshal(map[string]any{
		"event_id": fmt.Sprint("e", w.events), "event_time": w.now().Add(time.Duration(w.rnd.IntN(200)) * time.Millisecond).UTC().Format(time.RFC3339Nano),
		"user_id": user, "post_id": post, "action": action, "comment_id": commentID,
	})
	r := Record{Topic: string(topology.Events), Key: schemas.NaturalID(user, post), Value: value}
	for range 1 + w.rnd.IntN(20)/19 {
		r.at = w.step + w.rnd.IntN(2*disorder) - disorder
		w.Records = append(w.Records, r)
	}
}

// change has the connector say something of a row, nil for one that is no more.
func (w *ReactionWorld) change(table string, key, row map[string]any) {
	op, before := "c", map[string]any(nil)
	if row == nil {
		op, before = "d", key
	}
	w.say(table, op, key, before, row, map[string]any{"snapshot": "false", "sequence": fmt.Sprintf(`["%d","%d"]`, w.lsn-1, w.lsn), "txId": w.lsn, "lsn": w.lsn})
	if row == nil {
		name, _ := json.Marshal(key)
		w.Records = append(w.Records, Record{Topic: "cdc." + table, Key: string(name), at: w.step})
	}
}

// say writes a record of the connector; without a key if that is nil.
func (w *ReactionWorld) say(table, op string, key, before, after, source map[string]any) {
	maps.Copy(source, map[string]any{
		"version": "3.7.0.Final", "connector": "postgresql", "name": "cdc", "ts_ms": w.now().UnixMilli(), "db": "nova", "schema": "public", "table": table,
	})
	r := Record{Topic: "cdc." + table, at: w.step}
	r.Value, _ = json.Marshal(map[string]any{
		"before": before, "after": after, "op": op, "ts_ms": w.now().UnixMilli(), "transaction": nil, "source": source,
	})
	if key != nil {
		name, _ := json.Marshal(key)
		r.Key = string(name)
	}
	w.Records = append(w.Records, r)
}
