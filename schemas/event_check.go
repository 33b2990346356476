package schemas

import (
	"unicode"
	"unicode/utf8"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Limits of an event's fields. Times close to the moment of arrival are a matter of the dedup stage.
const (
	MaxIDBytes    = 256             // of each id
	MaxLabelBytes = 128             // of device and app_ver
	MaxEventTime  = 253402300799999 // Unix ms: 9999-12-31T23:59:59.999Z; the least is 1970-01-01T00:00:00Z
)

// check holds an event of either format to the same rules. It returns nil where they are kept.
func (e *Event) check(data []byte) *Unreadable {
	for _, f := range [...]struct {
		name     string
		value    string
		limit    int
		required bool
	}{
		{"user_id", e.UserID, MaxIDBytes, true},
		{"post_id", e.PostID, MaxIDBytes, true},
		{"event_id", e.EventID, MaxIDBytes, false},
		{"author_id", e.AuthorID, MaxIDBytes, false},
		{"comment_id", e.CommentID, MaxIDBytes, false},
		{"device", e.Device, MaxLabelBytes, false},
		{"app_ver", e.AppVer, MaxLabelBytes, false},
	} {
		switch {
		case f.required && f.value == "":
			return refuse(data, ReasonMissingField, "%s: absent or empty", f.name)
		case len(f.value) > f.limit:
			return refuse(data, ReasonInvalidField, "%s: %d bytes, at most %d", f.name, len(f.value), f.limit)
		case !plain(f.value):
			return refuse(data, ReasonInvalidField, "%s: %s holds control characters or is not UTF-8", f.name, excerpt(f.value))
		}
	}
	switch {
	case e.Action == engagement.None:
		return refuse(data, ReasonInvalidField, "action: unknown")
	case e.EventTime < 0 || e.EventTime > MaxEventTime:
		return refuse(data, ReasonInvalidField, "event_time: %d ms is not within the years 1970 to 9999", e.EventTime)
	case e.DwellMS < 0:
		return refuse(data, ReasonInvalidField, "dwell_ms: %d is negative", e.DwellMS)
	}
	return nil
}

// plain reports whether s is valid UTF-8 without control characters.
func plain(s string) bool {
	for i := range len(s) { // nearly all ids are plain ASCII
		if c := s[i]; c < ' ' || c >= 0x7f {
			return plainUnicode(s)
		}
	}
	return true
}

func plainUnicode(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}
