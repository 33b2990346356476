package schemas_test

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// The bytes of one record of each kind, as they lie in topics today. They may only change together with a schema, and
// even then what is stored here must still be read: see TestSchemasReadAllTheirPredecessors.
func TestGoldenBytes(t *testing.T) {
	c, _ := newCodecs(t)
	for name, s := range samples(c) {
		path := filepath.Join("testdata", "golden", name+".hex")
		data := encode(t, s.codec, s.record)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(wrap(hex.EncodeToString(data))), 0o644))
		}
		golden := readGolden(t, name)
		require.Equal(t, golden, data, name)
		require.Equal(t, s.record, withoutRaw(decode(t, s.codec, golden)), name)
	}
}

func readGolden(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "golden", name+".hex"))
	require.NoError(t, err)
	golden, err := hex.DecodeString(strings.ReplaceAll(string(text), "\n", ""))
	require.NoError(t, err)
	return golden
}

// wrap breaks text into lines of 64 characters.
func wrap(text string) string {
	var b strings.Builder
	for len(text) > 64 {
		b.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	return b.String() + text + "\n"
}
