package oracle

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// unavailable stands for a large value that was not written.
const unavailable = "__debezium_unavailable_value"

// audit is a table of the database that nobody reads; transactions that touch it say so.
const audit = "public.audit"

// changed is what happened to a row.
type changed struct {
	op             string
	key, after     map[string]any
	newKey, oldKey map[string]any // of halves of a change of the key
	refused        bool
}

// worldTransaction is one that is under way.
type worldTransaction struct {
	number, first, lsn int64 // PostgreSQL's number; where it began, and has come to, in the log
	orders             map[string]int64
	total              int64
}

// begins begins a transaction at a place in the log. Its number was that of another one some time ago.
func (w *DatabaseWorld) begins(at int64) {
	w.current = &worldTransaction{number: int64(700 + w.steps%500), first: at, lsn: at, orders: map[string]int64{}}
	w.boundary("BEGIN", at, map[string]any{"event_count": nil, "data_collections": nil})
}

// ends ends it.
func (w *DatabaseWorld) ends() {
	x := w.current
	if w.chance(15) {
		x.total++
		x.orders[audit]++
	}
	w.lsn++
	done := schemas.TransactionCompleted{TxID: x.number, CommitMS: w.now().UnixMilli(), FirstLSN: x.first, Events: x.total}
	var collections []map[string]any
	for _, name := range slices.Sorted(maps.Keys(x.orders)) {
		done.Tables = append(done.Tables, schemas.TransactionTable{Name: name, Events: x.orders[name]})
		collections = append(collections, map[string]any{"data_collection": name, "event_count": x.orders[name]})
	}
	w.Completed[schemas.TransactionID(x.number, done.CommitMS)] = done
	w.boundary("END", w.lsn, map[string]any{"event_count": x.total, "data_collections": collections})
	w.ended = w.lsn
}

func (w *DatabaseWorld) boundary(status string, at int64, more map[string]any) {
	id := fmt.Sprintf("%d:%d", w.current.number, at)
	value := map[string]any{"status": status, "id": id, "ts_ms": w.now().UnixMilli()}
	maps.Copy(value, more)
	w.write(string(topology.CdcTransactions), Record{}, map[string]any{"id": id}, value)
}

// tell has the connector say what the transaction under way has done to a row.
func (w *DatabaseWorld) tell(t *worldTable, c changed) {
	w.Changes++
	x := w.current
	table := "public." + t.Source
	x.total++
	x.orders[table]++
	value := w.envelope(t, c.op, c.after, map[string]any{
		"snapshot": "false", "sequence": fmt.Sprintf(`["%d","%d"]`, w.ended, x.lsn), "txId": x.number, "lsn": x.lsn,
	})
	value["transaction"] = map[string]any{"id": fmt.Sprintf("%d:%d", x.number, x.lsn), "total_order": x.total, "data_collection_order": x.orders[table]}
	x.lsn++
	r := Record{refused: c.refused}
	for name, key := range map[string]map[string]any{"__debezium.newkey": c.newKey, "__debezium.oldkey": c.oldKey} {
		if key != nil {
			text, _ := json.Marshal(key)
			r.Headers = append(r.Headers, sarama.RecordHeader{Key: []byte(name), Value: text})
		}
	}
	if c.op == "d" {
		value["before"] = c.key
	}
	w.write(string(t.Topic), r, c.key, value)
	if c.op == "d" {
		w.write(string(t.Topic), r, c.key, nil)
	}
	if post, user := c.after["post_id"], c.after["user_id"]; post != nil && user != nil && !c.refused {
		w.posts[fmt.Sprint(post)] = true
	}
}

// firstSnapshot fills tables and has the connector read them.
func (w *DatabaseWorld) firstSnapshot() {
	w.lsn++
	w.ended = w.lsn
	for _, t := range w.tables {
		for range 5 * t.weight {
			t.put(w.row(t))
		}
		for _, id := range t.ids {
			w.read(t, id, map[string]any{"snapshot": "true", "sequence": fmt.Sprintf(`[null,"%d"]`, w.lsn), "txId": 699, "lsn": w.lsn})
		}
	}
}

// incrementalSnapshot has the connector read some rows of a table while it goes on. With a transaction of its own it marks in
// the database where it has read them.
func (w *DatabaseWorld) incrementalSnapshot() {
	t := w.drawTable()
	for range min(len(t.ids), 20) {
		w.read(t, t.ids[w.rnd.IntN(len(t.ids))], map[string]any{
			"snapshot": "incremental", "sequence": fmt.Sprintf(`["%d","%d"]`, w.ended, w.ended), "txId": nil, "lsn": nil,
		})
	}
	w.lsn++
	w.ended = w.lsn
}

func (w *DatabaseWorld) read(t *worldTable, id string, source map[string]any) {
	w.Changes++
	row := t.rows[id]
	t.put(row)
	w.write(string(t.Topic), Record{}, t.key(row), w.envelope(t, "r", row, source))
	if row["post_id"] != nil && row["user_id"] != nil {
		w.posts[fmt.Sprint(row["post_id"])] = true
	}
}

// envelope is what all records of rows have.
func (w *DatabaseWorld) envelope(t *worldTable, op string, after, source map[string]any) map[string]any {
	at := w.now().UnixMilli()
	maps.Copy(source, map[string]any{
		"version": "3.7.0.Final", "connector": "postgresql", "name": "cdc", "ts_ms": at, "db": "nova", "schema": "public", "table": t.Source,
	})
	return map[string]any{"before": nil, "after": after, "op": op, "ts_ms": at, "transaction": nil, "source": source}
}

// write adds a record, of nil for key and value without them.
func (w *DatabaseWorld) write(topic string, r Record, key, value map[string]any) {
	r.Topic = topic
	if key != nil {
		text, _ := json.Marshal(key)
		r.Key = string(text)
	}
	if value != nil {
		r.Value, _ = json.Marshal(value)
	}
	w.Records = append(w.Records, r)
}
