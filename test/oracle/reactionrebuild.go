package oracle

import "fmt"

// Truncate empties a table of the database, likes or comments. Records has what the connector says of it; what was counted
// stays.
func (w *ReactionWorld) Truncate(table string) {
	w.Records = nil
	w.lsn++
	if table == "likes" {
		w.likes = nil
	} else {
		w.comments = nil
	}
	w.say(table, "t", nil, nil, nil, map[string]any{"snapshot": "false", "sequence": fmt.Sprintf(`["%d","%d"]`, w.lsn-1, w.lsn), "txId": w.lsn, "lsn": w.lsn})
}

// Forget forgets all that was said: what counts from now on is what the database has, and what is said from now on.
func (w *ReactionWorld) Forget() {
	w.Pairs = map[[2]string]*Reaction{}
	for _, l := range w.likes {
		r := w.pair(l[0], l[1])
		r.Spoken, r.Liked = true, true
	}
	for _, c := range w.comments {
		r := w.pair(c.user, c.post)
		r.Created[c.id], r.There[c.id] = true, true
	}
}

// Reread has the connector read a table while it goes on: Records has all rows that there are.
func (w *ReactionWorld) Reread(table string) {
	w.Records = nil
	w.lsn++
	read := func(key, row map[string]any) {
		w.say(table, "r", key, nil, row, map[string]any{"snapshot": "incremental", "sequence": fmt.Sprintf(`["%d","%d"]`, w.lsn, w.lsn), "txId": nil, "lsn": nil})
	}
	if table == "likes" {
		for _, l := range w.likes {
			read(likeKey(l[0], l[1]), likeRow(l[0], l[1], w.stamp()))
		}
		return
	}
	for _, c := range w.comments {
		read(commentKey(c.id), commentRow(c, "read again", w.stamp()))
	}
}

// Left returns how many rows a table of the database has.
func (w *ReactionWorld) Left(table string) int {
	if table == "likes" {
		return len(w.likes)
	}
	return len(w.comments)
}
