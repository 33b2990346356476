package sample

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Row is what Debezium would write of a row of the application's database.
type Row struct {
	Table      string
	Key, Value []byte
}

// snapshotLSN is where in the log the snapshot was taken: above all that a short life of a database reaches, so that a
// truncate in a recording loaded beside it does not concern it.
const snapshotLSN = 1 << 40

type envelope struct {
	Before      *struct{}      `json:"before"`
	After       map[string]any `json:"after"`
	Source      place          `json:"source"`
	Transaction *struct{}      `json:"transaction"`
	Op          string         `json:"op"`
	TsMS        int64          `json:"ts_ms"`
}

type place struct {
	Version   string `json:"version"`
	Connector string `json:"connector"`
	Name      string `json:"name"`
	TsMS      int64  `json:"ts_ms"`
	Snapshot  string `json:"snapshot"`
	DB        string `json:"db"`
	Sequence  string `json:"sequence"`
	Schema    string `json:"schema"`
	Table     string `json:"table"`
	TxID      int64  `json:"txId"`
	LSN       int64  `json:"lsn"`
}

// Database gives send the rows of a database in which the sample's posts and their authors are, as a snapshot finds them:
// a post's title is its caption, and no author has a name. They are the same each time. It stops when send fails.
func (s *Sample) Database(send func(Row) error) error {
	at := s.begin.Add(Round)
	users, posts := map[string]bool{}, map[string]bool{}
	for _, e := range s.events {
		if !users[e.AuthorID] {
			users[e.AuthorID] = true
			if err := sendRow(send, "users", e.AuthorID, at, map[string]any{
				"username": "user-" + e.AuthorID[:8], "display_name": nil, "bio": nil, "created_at": written(e.EventTime), "deleted_at": nil,
			}); err != nil {
				return err
			}
		}
		if posts[e.PostID] {
			continue
		}
		posts[e.PostID] = true
		var caption any
		if title, ok := s.titles[e.PostID]; ok {
			caption = title
		}
		if err := sendRow(send, "posts", e.PostID, at, map[string]any{
			"user_id": e.AuthorID, "caption": caption, "content": nil, "status": "published", "created_at": written(e.EventTime), "updated_at": nil,
		}); err != nil {
			return err
		}
	}
	return nil
}

func sendRow(send func(Row) error, table, id string, at time.Time, row map[string]any) error {
	row["id"] = id
	key, err := json.Marshal(map[string]string{"id": id})
	if err != nil {
		return fmt.Errorf("encoding the key of a row: %w", err)
	}
	value, err := json.Marshal(envelope{
		After: row, Op: "r", TsMS: at.UnixMilli(),
		Source: place{
			Version: "3.7.0.Final", Connector: "postgresql", Name: "cdc", TsMS: at.UnixMilli(), Snapshot: "true", DB: "nova",
			Sequence: `[null,"` + strconv.Itoa(snapshotLSN) + `"]`, Schema: "public", Table: table, TxID: 1, LSN: snapshotLSN,
		},
	})
	if err != nil {
		return fmt.Errorf("encoding a row: %w", err)
	}
	return send(Row{Table: table, Key: key, Value: value})
}

// written is a timestamptz as Debezium has it.
func written(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }
