package debezium

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what is wrong with a record; the package's comment tells what helps.
type Kind string

// The kinds of errors.
const (
	Connector       Kind = "cdc_connector"
	SchemaMismatch  Kind = "schema_mismatch"
	EventProcessing Kind = "event_processing"
)

// Error says why a record cannot be read. It is about the record alone: reading it again ends in the same error.
type Error struct {
	Kind Kind
	Err  error
}

// Error says what is wrong, and where.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

func refuse(kind Kind, format string, args ...any) error {
	return &Error{kind, fmt.Errorf(format, args...)}
}

// within puts the place in front of an error about a record, and lets others be.
func within(place string, err error) error {
	if bad, is := errors.AsType[*Error](err); is {
		return &Error{bad.Kind, fmt.Errorf("%s: %w", place, bad.Err)}
	}
	return err
}

// excerpt is the beginning of a text for an error.
func excerpt(text string) string {
	const most = 60
	if len(text) > most {
		text = text[:most] + "..."
	}
	return strings.ToValidUTF8(text, "?")
}
