package sample

import (
	"time"

	"github.com/nova-social/nova-streams/internal/envelope"
)

// Row is what Debezium would write of a row of the application's database.
type Row struct {
	Table      string
	Key, Value []byte
}

// snapshotLSN is where in the log the snapshot was taken: above all that a short life of a database reaches, so that a
// truncate in a recording loaded beside it does not concern it.
const snapshotLSN = 1 << 40

// Database gives send the rows of a database in which the sample's posts, users and follows are, as a snapshot finds them: a
// post's title is its caption, no user has a name, and whoever likes, comments or shares follows the author, who follows
// back. They are the same each time. It stops when send fails.
func (s *Sample) Database(send func(Row) error) error {
	w := writer{send: send, at: s.begin.Add(Round), known: map[string]bool{}}
	for _, e := range s.events {
		w.user(e.AuthorID, e.EventTime)
		var caption any
		if title, ok := s.titles[e.PostID]; ok {
			caption = title
		}
		w.row("posts", map[string]string{"id": e.PostID}, map[string]any{
			"user_id": e.AuthorID, "caption": caption, "content": nil, "status": "published", "created_at": envelope.Time(e.EventTime), "updated_at": nil,
		})
		if follows(e) {
			w.user(e.UserID, e.EventTime)
			w.follow(e.UserID, e.AuthorID, e.EventTime)
			w.follow(e.AuthorID, e.UserID, e.EventTime)
		}
	}
	return w.err
}

// follows reports whether whoever did something follows the post's author for it.
func follows(e Event) bool { return e.Action != "view" && e.UserID != e.AuthorID }

// Reader returns a user who has suggestions: one of those who follow the author that most events follow.
func (s *Sample) Reader() (userID string) {
	counts, best := map[string]int{}, 0
	for _, e := range s.events {
		if follows(e) {
			if counts[e.AuthorID]++; counts[e.AuthorID] > best {
				best, userID = counts[e.AuthorID], e.UserID
			}
		}
	}
	return userID
}

// writer sends each row once, until that fails.
type writer struct {
	send  func(Row) error
	at    time.Time // of the snapshot
	known map[string]bool
	err   error
}

func (w *writer) user(id string, at time.Time) {
	w.row("users", map[string]string{"id": id}, map[string]any{
		"username": "user-" + id[:8], "display_name": nil, "bio": nil, "created_at": envelope.Time(at), "deleted_at": nil,
	})
}

func (w *writer) follow(follower, followee string, at time.Time) {
	w.row("follows", map[string]string{"follower_id": follower, "followee_id": followee}, map[string]any{"status": "active", "created_at": envelope.Time(at)})
}

func (w *writer) row(table string, key map[string]string, row map[string]any) {
	if w.err != nil {
		return
	}
	for column, value := range key {
		row[column] = value
	}
	k, value, err := envelope.Change{Table: table, Key: key, Row: row, Op: "r", LSN: snapshotLSN, At: w.at}.Encode()
	if err != nil {
		w.err = err
		return
	}
	if name := table + string(k); !w.known[name] {
		w.known[name] = true
		w.err = w.send(Row{Table: table, Key: k, Value: value})
	}
}
