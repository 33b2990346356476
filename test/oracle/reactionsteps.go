package oracle

import (
	"fmt"
	"slices"
)

func (w *ReactionWorld) like() {
	user, post := w.user(), w.post()
	byClient, byDatabase := w.said()
	if byClient {
		w.pair(user, post).Client = true
		w.event(user, post, "like", "")
		if w.chance(10) { // on another device
			w.event(user, post, "like", "")
		}
	}
	if byDatabase && !w.pair(user, post).Liked {
		w.lsn++
		w.liked(user, post)
	}
}

func (w *ReactionWorld) unlike() {
	if at, ok := w.one(len(w.likes)); ok {
		w.lsn++
		w.unliked(at)
	}
}

// moveLike changes the key of a row: one record of the database's log that the connector makes two of.
func (w *ReactionWorld) moveLike() {
	at, ok := w.one(len(w.likes))
	post := w.post()
	if !ok || w.pair(w.likes[at][0], post).Liked {
		return
	}
	user := w.likes[at][0]
	w.lsn++
	w.unliked(at)
	w.liked(user, post)
}

func (w *ReactionWorld) liked(user, post string) {
	r := w.pair(user, post)
	r.Spoken, r.Liked = true, true
	w.likes = append(w.likes, [2]string{user, post})
	w.change("likes", likeKey(user, post), likeRow(user, post, w.stamp()))
}

func (w *ReactionWorld) unliked(at int) {
	user, post := w.likes[at][0], w.likes[at][1]
	w.pair(user, post).Liked = false
	w.likes = slices.Delete(w.likes, at, at+1)
	w.change("likes", likeKey(user, post), nil)
}

func likeKey(user, post string) map[string]any {
	return map[string]any{"user_id": user, "post_id": post}
}

func likeRow(user, post, at string) map[string]any {
	return map[string]any{"user_id": user, "post_id": post, "created_at": at}
}

func (w *ReactionWorld) comment() {
	c := comment{w.id(), w.user(), w.post()}
	if w.chance(6) {
		c.user, c.post = Busy, HotPost
	}
	r := w.pair(c.user, c.post)
	byClient, byDatabase := w.said()
	if byClient && w.chance(50) {
		r.Named[c.id] = true
		w.event(c.user, c.post, "comment", c.id)
		if c.user != Busy && w.chance(5) { // that it said so is forgotten
			w.event(c.user, c.post, "comment", c.id)
		}
	} else if byClient {
		r.Nameless++
		w.event(c.user, c.post, "comment", "")
	}
	if byDatabase {
		w.lsn++
		w.commented(c)
	}
}

func (w *ReactionWorld) uncomment() {
	if at, ok := w.one(len(w.comments)); ok {
		w.lsn++
		w.uncommented(at)
	}
}

// changeComment gives a comment another text, another post, or another id.
func (w *ReactionWorld) changeComment() {
	at, ok := w.one(len(w.comments))
	if !ok {
		return
	}
	w.lsn++
	c := w.comments[at]
	switch n := w.rnd.IntN(3); {
	case n == 0 || c.user == Busy:
	case n == 1:
		delete(w.pair(c.user, c.post).There, c.id)
		c.post = w.post()
	default:
		w.uncommented(at)
		c.id = w.id()
		w.commented(c)
		return
	}
	w.comments = slices.Delete(w.comments, at, at+1)
	w.commented(c)
}

func (w *ReactionWorld) commented(c comment) {
	r := w.pair(c.user, c.post)
	r.Created[c.id], r.There[c.id] = true, true
	w.comments = append(w.comments, c)
	w.change("comments", commentKey(c.id), commentRow(c, fmt.Sprint("at ", w.step), w.stamp()))
}

func commentKey(id string) map[string]any { return map[string]any{"id": id} }

func commentRow(c comment, text, at string) map[string]any {
	return map[string]any{"id": c.id, "user_id": c.user, "post_id": c.post, "content": text, "created_at": at}
}

func (w *ReactionWorld) uncommented(at int) {
	c := w.comments[at]
	delete(w.pair(c.user, c.post).There, c.id)
	w.comments = slices.Delete(w.comments, at, at+1)
	w.change("comments", commentKey(c.id), nil)
}

// one draws one of so many; false for none.
func (w *ReactionWorld) one(of int) (int, bool) {
	if of == 0 {
		return 0, false
	}
	return w.rnd.IntN(of), true
}

func (w *ReactionWorld) id() string { return fmt.Sprintf("%016x", w.rnd.Uint64()) }

// stamp is a timestamptz of now, as the connector writes it.
func (w *ReactionWorld) stamp() string {
	return w.now().UTC().Format("2006-01-02T15:04:05.000000Z07:00")
}
