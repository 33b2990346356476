package schemas

import (
	"encoding/binary"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Event is one client event, as producers send it to `events`. Times are Unix milliseconds, UTC. An optional field that
// is absent is empty or 0.
type Event struct {
	EventID   string            `avro:"event_id"`   // never empty after decoding: derived from user, post, action and time where the producer sent none
	EventTime int64             `avro:"event_time"` // Unix ms, from the producer
	UserID    string            `avro:"user_id"`
	PostID    string            `avro:"post_id"`
	AuthorID  string            `avro:"author_id"` // optional
	Action    engagement.Action `avro:"action"`
	DwellMS   int64             `avro:"dwell_ms"`   // optional, milliseconds
	Device    string            `avro:"device"`     // optional
	AppVer    string            `avro:"app_ver"`    // optional
	CommentID string            `avro:"comment_id"` // optional, for comments
	Raw       []byte            `avro:"-"`          // the value as read from `events`; what Encode writes when the record is sent round
}

// Key is the natural key of an event: user:post. A colon in the user id is written %3A and a percent sign %25, so that
// no two pairs of ids share a key.
func (e *Event) Key() string { return NaturalID(e.UserID, e.PostID) }

// HasKey reports whether key is the event's.
func (e *Event) HasKey(key string) bool {
	user := escapeUser.Replace(e.UserID)
	post, found := strings.CutPrefix(key, user)
	return found && len(post) == 1+len(e.PostID) && post[0] == ':' && post[1:] == e.PostID
}

// ShortKey returns 8 bytes that stand for a key of some 73: its xxHash64, big endian. Rows of `dedup-table` are named so,
// which halves table and changelog. Two pairs that share a row by chance see each other's event ids; that matters only
// where both of them send the same id.
func ShortKey(key string) string {
	var short [8]byte
	binary.BigEndian.PutUint64(short[:], xxhash.Sum64String(key))
	return string(short[:])
}

var escapeUser = strings.NewReplacer("%", "%25", ":", "%3A")

// Activity is an event that was seen for the first time, on its way to sessions and ClickHouse.
type Activity struct {
	Event
	RootTime int64  `avro:"root_time"` // Unix ms at which the broker appended the event to `events`
	Origin   Origin `avro:"origin"`
}

// EnrichedEvent is an event with the session of its user that it belongs to, on its way to ClickHouse.
type EnrichedEvent struct {
	Event
	RootTime          int64  `avro:"root_time"`           // Unix ms at which the broker appended the event to `events`
	RootPartition     int32  `avro:"root_partition"`      // where the event lay in `events`
	RootOffset        int64  `avro:"root_offset"`         // likewise
	SessionID         string `avro:"session_id"`          // a UUID
	DeviceCount       int32  `avro:"device_count"`        // different devices of the session so far, this event's included
	PreviousDevice    string `avro:"previous_device"`     // of the session's latest event so far, if this one comes from another device; else empty
	ConnectsSessionID string `avro:"connects_session_id"` // the other of two neighbouring sessions that were further apart than the gap until this event; empty for none
	Origin            Origin `avro:"origin"`
}

// ReactionKind is what a reaction input says.
type ReactionKind uint8

// The kinds of reaction inputs. The order is that of the Avro enum and must only grow.
const (
	ReactionNone ReactionKind = iota
	ReactionLike
	ReactionUnlike
	ReactionComment
	ReactionUncomment
)

// ReactionSource is who says it. Once the database has spoken about a like, it alone decides.
type ReactionSource uint8

// The sources of reaction inputs. The order is that of the Avro enum and must only grow.
const (
	SourceNone ReactionSource = iota
	SourceClient
	SourceDatabase
)

// ReactionInput is one statement about a user's like or comment on a post; the only input of `reactions`.
type ReactionInput struct {
	UserID          string         `avro:"user_id"`
	PostID          string         `avro:"post_id"`
	Kind            ReactionKind   `avro:"kind"`
	Source          ReactionSource `avro:"source"`
	EventTime       int64          `avro:"event_time"` // Unix ms at which it happened
	RootTime        int64          `avro:"root_time"`  // Unix ms at which the broker appended the root record
	CommentID       string         `avro:"comment_id"` // optional
	change.Position                // in the log of the database, if it is the source; else zero
	CommitMS        int64          `avro:"commit_ms"` // there, Unix ms by its clock; else 0
	Snapshot        bool           `avro:"snapshot"`  // read by a snapshot, not from the log
	Origin          Origin         `avro:"origin"`
}

// Engagement is one change of a post's counts.
type Engagement struct {
	PostID    string            `avro:"post_id"`
	Action    engagement.Action `avro:"action"`
	Delta     int32             `avro:"delta"`      // +1, or -1 where a like or comment is taken back
	EventTime int64             `avro:"event_time"` // Unix ms at which it is counted; a -1 carries the time of its +1, 0 if that is not known any more
	RootTime  int64             `avro:"root_time"`  // Unix ms at which the broker appended the root record
	Origin    Origin            `avro:"origin"`
}

// DeadLetter is an input that could not be used, with enough to find, judge and replay it.
type DeadLetter struct {
	Topic      string `avro:"topic"` // where it was read
	Partition  int32  `avro:"partition"`
	Offset     int64  `avro:"offset"`
	AppendTime int64  `avro:"append_time"` // Unix ms
	Stage      string `avro:"stage"`       // group that refused it
	Reason     Reason `avro:"reason"`
	Detail     string `avro:"detail"` // for a reader: which field, which bytes
	Key        []byte `avro:"key"`
	Value      []byte `avro:"value"`      // the bytes as read; cut where Truncated says so
	ValueSize  int64  `avro:"value_size"` // size as read, bytes; -1 for a null value
	Truncated  bool   `avro:"truncated"`  // value or key is cut
	Origin     Origin `avro:"origin"`
}

// Reason is a typed cause of refusal; stable, for alerts and filters.
type Reason string

// The reasons for which an input is refused.
const (
	ReasonNullValue     Reason = "null_value"
	ReasonNotAFormat    Reason = "not_a_format" // neither framed Avro nor JSON
	ReasonUnknownSchema Reason = "unknown_schema"
	ReasonMalformed     Reason = "malformed" // truncated or broken bytes, or extra bytes
	ReasonWrongType     Reason = "wrong_type"
	ReasonMissingField  Reason = "missing_field"
	ReasonInvalidField  Reason = "invalid_field" // unknown action, bad time, invalid UTF-8, too long
	ReasonTooLarge      Reason = "too_large"
	ReasonFuture        Reason = "future"  // event time too far ahead of the append time
	ReasonBadRow        Reason = "bad_row" // ClickHouse refused it
	// Of records of Debezium. The decoder of package debezium says which of its faults is which.
	ReasonCdcConnector    Reason = "cdc_connector"    // it says so itself, or is not what a connector writes
	ReasonSchemaMismatch  Reason = "schema_mismatch"  // it does not fit its schema, or its schema not our tables
	ReasonEventProcessing Reason = "event_processing" // it can be read, but not used

	ReasonJobFailed Reason = "job_failed" // no record: a run of a periodic job
)
