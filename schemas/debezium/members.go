package debezium

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// object is a struct of the wire, of whatever format.
type object struct {
	texts   Columns            // all its members, but for those in structs
	structs map[string]Columns // of an envelope: members that are structs themselves; nil where all are text
}

// has reports whether there is a member of that name, null or not.
func (o object) has(name string) bool {
	_, text := o.texts[name]
	_, deep := o.structs[name]
	return text || deep
}

// nested returns a member that is a struct, nil if it is null or, where it may be, absent.
func (o object) nested(name string, mayLack bool) (Columns, error) {
	if columns, ok := o.structs[name]; ok {
		return columns, nil
	}
	text, ok := o.texts[name]
	switch {
	case !ok && !mayLack:
		return nil, refuse(SchemaMismatch, "%s: missing", name)
	case ok && text != null:
		return nil, refuse(SchemaMismatch, "%s: %s is not a struct", name, excerpt(text))
	}
	return nil, nil
}

const null = "null"

// members reads values of columns one by one, and keeps the first error.
type members struct {
	of    Columns
	place string // in front of names in errors
	err   error
}

func (m *members) fail(kind Kind, name, format string, args ...any) {
	if m.err == nil {
		m.err = refuse(kind, "%s%s: %w", m.place, name, fmt.Errorf(format, args...))
	}
}

// raw returns a member that must be there, and whether it is more than null.
func (m *members) raw(name string) (text string, some bool) {
	text, ok := m.of[name]
	if !ok {
		m.fail(SchemaMismatch, name, "missing")
	}
	return text, ok && text != null
}

// text returns a member that must be a string.
func (m *members) text(name string) string {
	text, some := m.optionalText(name)
	if !some {
		m.fail(SchemaMismatch, name, "null")
	}
	return text
}

// optionalText returns a member that is a string or null.
func (m *members) optionalText(name string) (text string, some bool) {
	raw, some := m.raw(name)
	if !some {
		return "", false
	}
	text, ok := unquote(raw)
	if !ok {
		m.fail(SchemaMismatch, name, "%s is not a string", excerpt(raw))
	}
	return text, ok
}

// integer returns a member that must be a number without fraction.
func (m *members) integer(name string) int64 {
	n, some := m.optionalInteger(name)
	if !some {
		m.fail(SchemaMismatch, name, "null")
	}
	return n
}

// optionalInteger returns a member that is a number without fraction, or null.
func (m *members) optionalInteger(name string) (n int64, some bool) {
	raw, some := m.raw(name)
	if !some {
		return 0, false
	}
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil {
		m.fail(SchemaMismatch, name, "%s is not an integer", excerpt(raw))
	}
	return n, err == nil
}

// quote returns the one form of a string in JSON; text must be UTF-8.
func quote(text string) string {
	quoted, _ := jsontext.AppendQuote(nil, text) // fails for bad UTF-8 only
	return string(quoted)
}

// unquote returns the string of a JSON text, or false if it is none.
func unquote(raw string) (string, bool) {
	if raw == "" || raw[0] != '"' {
		return "", false
	}
	return unquoted(raw), true
}

// unquoted returns the string of a JSON string.
func unquoted(raw string) string {
	if plain := raw[1 : len(raw)-1]; isPlain(plain) {
		return plain
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // fails for what is no JSON string only
	return string(text)
}
