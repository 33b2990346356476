// Package secret keeps passwords and tokens out of what is printed.
//
// A Text shows itself as [redacted] in every fmt verb, in JSON, YAML and text, and in slog. Reveal is the one way to
// the value, so a search for it finds every use. It does not protect memory, nor a secret inside a plain string.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Text is a string that must not be printed.
type Text string

// Reveal returns the secret itself, for the client that logs in with it.
func (t Text) Reveal() string { return string(t) }

// String returns [redacted], or "" where nothing is set.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return redacted
}

// Format writes String whatever the verb: fmt would print the value itself for a verb that does not fit.
func (t Text) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, t.String()) }

// MarshalText redacts in JSON, YAML and every other encoding that knows text.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// MarshalYAML redacts in YAML, for encoders that prefer it.
func (t Text) MarshalYAML() (any, error) { return t.String(), nil }

// UnmarshalText sets the secret.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Text(b)
	return nil
}

// LogValue redacts in slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(t.String()) }
