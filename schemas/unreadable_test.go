package schemas

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestDetailIsCutBetweenCharacters(t *testing.T) {
	for padding := range 4 {
		text := strings.Repeat("x", padding) + strings.Repeat("日", 1000)
		detail := refuse(nil, ReasonMalformed, "%s", text).Detail
		require.True(t, utf8.ValidString(detail))
		require.LessOrEqual(t, len(detail), MaxDetail)
		require.Greater(t, len(detail), MaxDetail-len("日"))
		require.True(t, strings.HasPrefix(text, strings.TrimSuffix(detail, "...")))
	}
	whole := strings.Repeat("x", MaxDetail)
	require.Equal(t, whole, refuse(nil, ReasonMalformed, "%s", whole).Detail)
	require.Equal(t, "a?b", refuse(nil, ReasonMalformed, "a\xffb").Detail)
}
