package schemas

import (
	"encoding/hex"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/domain/session"
)

// rowHead is the position every table row carries.
type rowHead struct{ last Position }

// Last returns the position of the row.
func (h *rowHead) Last() Position { return h.last }

// SetLast sets the position of the row.
func (h *rowHead) SetLast(p Position) { h.last = p }

// EventHash is the identity of an event in a dedup row: the first 16 bytes of SHA-256 of its event id.
type EventHash [16]byte

// MarshalJSON returns the hash in hex, for people who look at rows.
func (h EventHash) MarshalJSON() ([]byte, error) {
	return []byte(`"` + hex.EncodeToString(h[:]) + `"`), nil
}

// SeenEvent is one entry of a dedup row.
type SeenEvent struct {
	ID EventHash `avro:"id" json:"id"`
	At int64     `avro:"at" json:"at"` // Unix ms: append time of the record that brought it first
}

// DedupRow is a row of `dedup-table`: the events of one user and post seen in the last 24 h, oldest first.
type DedupRow struct {
	rowHead
	Seen []SeenEvent `json:"seen"`
}

// Newest returns when the newest event of the row was appended, Unix ms; 0 for none.
func (r *DedupRow) Newest() (at int64) {
	for _, s := range r.Seen {
		at = max(at, s.At)
	}
	return at
}

// ReactionRow is a row of `reactions-table`: what one user thinks of one post, and who says so.
type ReactionRow struct {
	rowHead
	Like     reaction.Like     `json:"like"`
	Comments reaction.Comments `json:"comments"`
}

// ScoreRow is a row of `scores-table`: what readers know about one post.
type ScoreRow struct {
	rowHead
	Lifetime       engagement.Counts   `json:"lifetime"`
	LastEngagement int64               `json:"last_engagement"` // Unix ms of the latest engagement, 0 for none
	Buckets        []engagement.Bucket `json:"buckets"`         // ascending by Start, sparse, not older than window + lateness
}

// SessionRow is a row of `sessions-table`: the sessions of one user that an event may still join.
type SessionRow struct {
	rowHead
	Touched    int64             `json:"touched"`     // Unix ms: append time of the last record applied
	NewestRoot int64             `json:"newest_root"` // Unix ms: highest root time of the records applied
	Sessions   []session.Session `json:"sessions"`    // ascending, not overlapping
}

// Newest returns when the last record of the row was appended, Unix ms; 0 for none.
func (r *SessionRow) Newest() int64 { return r.Touched }
