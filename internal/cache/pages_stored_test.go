package cache

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestStored: what is read is what was written, its head is JSON, and what is cut short within that is nothing.
func TestStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &stored{
			Run: rapid.String().Draw(t, "run"), Ends: rapid.Int64().Draw(t, "ends"), Took: rapid.Int64().Draw(t, "took"),
			Page: rapid.SliceOf(rapid.Byte()).Draw(t, "page"),
		}
		text := s.encode()
		require.Equal(t, s, decodeStored(text))
		head, _, found := strings.Cut(string(text), "\n")
		require.True(t, found && json.Valid([]byte(head)), head)
		require.Nil(t, decodeStored(text[:rapid.IntRange(0, len(head)).Draw(t, "cut")]))
	})
	require.Nil(t, decodeStored([]byte("{}\n")))
}
