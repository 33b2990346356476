package schemas

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxDetail bounds Unreadable.Detail, bytes, so that a dead letter is hardly larger than the input it carries.
const MaxDetail = 256

// Unreadable is what a decoder returns instead of an error.
type Unreadable struct {
	Reason Reason
	Detail string // for a reader: field, rule, value; valid UTF-8, at most MaxDetail bytes
	Value  []byte // the bytes as read; nil for a null value
}

// refuse says why data cannot be used.
func refuse(data []byte, reason Reason, format string, args ...any) *Unreadable {
	detail := strings.ToValidUTF8(fmt.Sprintf(format, args...), "?")
	if len(detail) > MaxDetail {
		detail = strings.ToValidUTF8(detail[:MaxDetail-len("...")], "") + "..."
	}
	return &Unreadable{Reason: reason, Detail: detail, Value: data}
}

// excerpt quotes the beginning of s for a reader.
func excerpt(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
