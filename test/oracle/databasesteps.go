package oracle

import (
	"fmt"
	"maps"
	"slices"
)

// content is the column whose large values the database's log leaves out when they are not written.
const content = "content"

// maxChanges is how many changes a transaction has at most; two of them may be one change of a key.
const maxChanges = 8

// transaction does something in one or more tables. Where its changes lie in the log may be below what others, which have
// ended since, have written.
func (w *DatabaseWorld) transaction() {
	if n := len(w.early); n > 0 && w.chance(30) {
		i := w.rnd.IntN(n)
		w.begins(w.early[i])
		w.early = slices.Delete(w.early, i, i+1)
	} else {
		w.begins(w.room())
	}
	for n := 1 + w.rnd.IntN(maxChanges-3); len(w.current.orders) == 0 || n > 0; n-- {
		w.change()
	}
	w.ends()
}

// room returns where in the log a transaction may write all it does.
func (w *DatabaseWorld) room() int64 {
	at := w.lsn + 1
	w.lsn += 1 + maxChanges
	return at
}

// change changes a row, or all of a table.
func (w *DatabaseWorld) change() {
	t := w.drawTable()
	switch n := w.rnd.IntN(1000); {
	case n < 430 || len(t.ids) == 0:
		w.insert(t)
	case n < 750:
		w.update(t)
	case n < 900:
		w.delete(t)
	case n < 995:
		w.rename(t)
	case n < 998:
		w.nonsense(t)
	case t.Table == "follows" || t.Table == "revocations": // of likes and comments: docs/invariants.md, the edges
		w.truncate(t)
	}
}

func (w *DatabaseWorld) drawTable() *worldTable {
	for n := w.rnd.IntN(100); ; {
		for _, t := range w.tables {
			if n -= t.weight; n < 0 {
				return t
			}
		}
	}
}

func (w *DatabaseWorld) insert(t *worldTable) {
	row := w.row(t)
	if t.rows[t.id(row)] != nil {
		return
	}
	t.put(row)
	w.tell(t, changed{op: "c", key: t.key(row), after: row})
}

// update writes a row anew. A large value that it does not write is not said.
func (w *DatabaseWorld) update(t *worldTable) {
	id := t.ids[w.rnd.IntN(len(t.ids))]
	was, hidden := t.rows[id], t.hidden[id]
	row := w.row(t)
	maps.Copy(row, t.key(was))
	said := maps.Clone(row)
	leaves := t.Table == "posts" && w.chance(60)
	if leaves {
		row[content] = was[content]
		said[content] = w.leftOut(row)
	}
	t.put(row)
	t.hidden[id] = hidden && leaves && said[content] == unavailable
	w.tell(t, changed{op: "u", key: t.key(row), after: said})
}

func (w *DatabaseWorld) delete(t *worldTable) {
	was := t.rows[t.ids[w.rnd.IntN(len(t.ids))]]
	t.remove(t.id(was))
	w.tell(t, changed{op: "d", key: t.key(was)})
}

// rename gives a row another primary key: one record of the log of which the connector makes two. A large value that is
// not written is in no record of the new id.
func (w *DatabaseWorld) rename(t *worldTable) {
	was := t.rows[t.ids[w.rnd.IntN(len(t.ids))]]
	row := maps.Clone(was)
	maps.Copy(row, t.key(w.row(t)))
	id := t.id(row)
	if t.rows[id] != nil {
		return
	}
	said := maps.Clone(row)
	if t.Table == "posts" {
		said[content] = w.leftOut(row)
	}
	t.remove(t.id(was))
	t.put(row)
	t.hidden[id] = said[content] == unavailable
	w.tell(t, changed{op: "d", key: t.key(was), newKey: t.key(row)})
	w.current.lsn-- // the other half of the same change
	w.tell(t, changed{op: "c", key: t.key(row), oldKey: t.key(was), after: said})
}

func (w *DatabaseWorld) truncate(t *worldTable) {
	for len(t.ids) > 0 {
		t.remove(t.ids[0])
	}
	w.tell(t, changed{op: "t"})
}

// nonsense has the connector say something of which key and row do not agree.
func (w *DatabaseWorld) nonsense(t *worldTable) {
	after, other := w.row(t), w.row(t)
	for t.id(other) == t.id(after) {
		other = w.row(t)
	}
	w.tell(t, changed{op: "u", key: t.key(other), after: after, refused: true})
}

// leftOut returns what the connector says of the content of a row that was not written.
func (w *DatabaseWorld) leftOut(row map[string]any) any {
	if text, ok := row[content].(string); ok && len(text) > 100 {
		return unavailable
	}
	return row[content]
}

// row draws values for a row, of an id that there was or of a new one.
func (w *DatabaseWorld) row(t *worldTable) map[string]any {
	user, post, stamp := fmt.Sprint("user:", w.rnd.IntN(60)), fmt.Sprint("post%", w.rnd.IntN(80)), w.stamp()
	switch t.Table {
	case "posts":
		text := fmt.Sprint("short ", w.rnd.Int32())
		if w.chance(50) {
			text = fmt.Sprintf("%0200d", w.rnd.Int64())
		}
		return map[string]any{"id": w.name(), "user_id": user, "caption": w.orNull(text[:8]), content: text, "status": "published", "created_at": stamp, "updated_at": stamp}
	case "users":
		return map[string]any{"id": w.name(), "username": fmt.Sprint("n", w.rnd.Int32()), "display_name": w.orNull("Näme"), "bio": nil, "created_at": stamp, "deleted_at": w.orNull(stamp)}
	case "comments":
		return map[string]any{"id": w.name(), "post_id": w.orNull(post), "user_id": w.orNull(user), content: w.orNull(stamp), "created_at": stamp}
	case "likes":
		return map[string]any{"user_id": user, "post_id": post, "created_at": stamp}
	case "follows":
		return map[string]any{"follower_id": user, "followee_id": fmt.Sprint("user:", w.rnd.IntN(60)), "status": fmt.Sprint("s", w.rnd.IntN(3)), "created_at": w.orNull(stamp)}
	default:
		return map[string]any{"jti": w.name(), "user_id": user, "reason": w.orNull("logout"), "revoked_at": stamp, "expires_at": "infinity"}
	}
}

// name draws one of some thousand ids, so that they come again after they were deleted.
func (w *DatabaseWorld) name() string { return fmt.Sprintf("%08x", w.rnd.IntN(8000)) }

func (w *DatabaseWorld) orNull(value string) any {
	if w.chance(5) {
		return nil
	}
	return value
}

// stamp is a timestamptz of now, as the connector writes it.
func (w *DatabaseWorld) stamp() string {
	return w.now().UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}
