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
	return &Unreadable{Reason: reason, Detail: Detail(fmt.Sprintf(format, args...)), Value: data}
}

// Detail makes text fit for a detail: valid UTF-8, and cut at MaxDetail bytes.
func Detail(text string) string {
	text = strings.ToValidUTF8(text, "?")
	if len(text) > MaxDetail {
		text = strings.ToValidUTF8(text[:MaxDetail-len("...")], "") + "..."
	}
	return text
}

// excerpt quotes the beginning of s for a reader.
func excerpt(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
