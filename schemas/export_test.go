package schemas

import "time"

// What the tests compare: the quick way and the one by the book.
var (
	ScanTime       = scanTime
	UnmarshalEvent = unmarshalEvent
)

// ScanEvent is scanEvent, its result as any.
func ScanEvent(text string) (any, bool) { return scanEvent(text) }

// LibraryTime reads an RFC 3339 time with the standard library, Unix ms.
func LibraryTime(s string) (int64, error) {
	var at time.Time
	err := at.UnmarshalText([]byte(s))
	return at.UnixMilli(), err
}
