package jsonhand

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func byReflection(t *rapid.T, v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(v))
	return b.String()
}

// TestAppended compares with encoding/json, behind what was there before.
func TestAppended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		require.Equal(t, byReflection(t, text), string(Text([]byte{}, text))+"\n")
		number := rapid.Float64().Draw(t, "number")
		require.Equal(t, "before"+byReflection(t, number), string(Number([]byte("before"), number))+"\n")
	})
	for text, want := range map[string]string{`a"b\`: `"a\"b\\"`, "<&>": `"<&>"`, "é\n": `"é\n"`, "": `""`} {
		require.Equal(t, want, string(Text(nil, text)))
	}
	for number, want := range map[float64]string{0: "0", 1e-7: "1e-07", 1e21: "1e+21", 0.1: "0.1"} {
		require.JSONEq(t, want, string(Number(nil, number)))
	}
}

// TestPlain compares with a look at each byte, of every byte at every place of short and long texts.
func TestPlain(t *testing.T) {
	for length := range 18 {
		for at := range length {
			for c := range 256 {
				text := bytes.Repeat([]byte{'a'}, length)
				text[at] = byte(c)
				want := c >= ' ' && c <= '~' && c != '"' && c != '\\'
				require.Equal(t, want, plain(string(text)), "%q", text)
			}
		}
	}
	require.True(t, plain(""))
}
