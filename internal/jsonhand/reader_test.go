package jsonhand

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestReader reads what was appended, and notices anything else.
func TestReader(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, number, whole := rapid.String().Draw(t, "text"), rapid.Float64().Draw(t, "number"), rapid.Int64().Draw(t, "whole")
		b := append(Text([]byte(`{"a":`), text), `,"b":`...)
		b = append(Number(b, number), `,"c":`...)
		whole2, err := json.Marshal(whole)
		require.NoError(t, err)
		b = append(append(b, whole2...), '}')
		read := func(all string) (r *Reader, gotText, gotNumber string, gotWhole int64) {
			r = NewReader([]byte(all))
			r.Expect(`{"a":`)
			gotText = r.Text()
			r.Expect(`,"b":`)
			gotNumber = r.Number()
			r.Expect(`,"c":`)
			gotWhole = r.Integer()
			r.Expect(`}`)
			return r, gotText, gotNumber, gotWhole
		}
		r, gotText, gotNumber, gotWhole := read(string(b) + "rest")
		require.True(t, r.Good())
		require.Equal(t, "rest", r.Rest())
		require.Equal(t, text, gotText)
		require.Equal(t, string(Number(nil, number)), gotNumber)
		require.Equal(t, whole, gotWhole)
		r, _, _, _ = read(string(b[:rapid.IntRange(0, len(b)-1).Draw(t, "cut")]))
		require.False(t, r.Good())
	})
}

// TestReader_takes_no_other_JSON: what json.Valid says of a lone token holds of what is taken.
func TestReader_takes_no_other_JSON(t *testing.T) {
	for _, text := range []string{`"a`, `"a\"`, `"\q"`, "\"\n\"", "\"\xff\"", `a`, ``} {
		r := NewReader([]byte(text))
		r.Text()
		require.False(t, r.Good(), text)
	}
	for _, text := range []string{``, `-`, `.5`, `1.`, `1e`, `1e+`, `e5`, `+1`} {
		r := NewReader([]byte(text))
		r.Number()
		require.False(t, r.Good(), text)
	}
	for _, text := range []string{`9223372036854775808`, `1.5`, `x`} {
		r := NewReader([]byte(text))
		r.Integer()
		require.False(t, r.Good(), text)
	}
}
