package schemas

import (
	"encoding/json"
	"strings"
	"time"
)

// NaturalID returns the id that is made of several: they are joined with colons. In all but the last a colon is written
// %3A and a percent sign %25, so that no two rows of ids share one.
func NaturalID(parts ...string) string {
	last := len(parts) - 1
	var b strings.Builder
	for _, part := range parts[:last] {
		b.WriteString(escapeUser.Replace(part))
		b.WriteByte(':')
	}
	b.WriteString(parts[last])
	return b.String()
}

// NaturalParts returns the n ids that a natural id is made of; false if it is not made of so many.
func NaturalParts(id string, n int) ([]string, bool) {
	parts := strings.SplitN(id, ":", n)
	for i := range len(parts) - 1 {
		parts[i] = unescapeUser.Replace(parts[i])
	}
	return parts, len(parts) == n
}

var unescapeUser = strings.NewReplacer("%3A", ":", "%25", "%")

// ColumnText returns the text of a column's value, or what stands there if it is none; false for null and for no value.
func ColumnText(value string) (text string, ok bool) {
	switch {
	case value == "" || value == "null":
		return "", false
	case value[0] != '"':
		return value, true
	}
	if err := json.Unmarshal([]byte(value), &text); err != nil {
		return "", false
	}
	return text, true
}

// ColumnTime returns the time of a timestamptz column in Unix ms; false where there is none, or none that Go can hold.
// The first moment of 1970 is what connectors make of a null under a default, and so none.
func ColumnTime(value string) (ms int64, ok bool) {
	text, ok := ColumnText(value)
	if !ok {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.UnixMilli() == 0 {
		return 0, false
	}
	return at.UnixMilli(), true
}
