package views

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each question has the same answer through the views and over the rows, and answers are not empty.
func TestQueries_agree(t *testing.T) {
	t.Parallel()
	s := start(t)
	random := rand.New(rand.NewPCG(5, 6))
	var events []event
	for range 3000 {
		ago := time.Duration(random.Int64N(int64(9 * 24 * time.Hour)))
		if random.IntN(2) == 0 {
			ago = time.Duration(random.Int64N(int64(2 * time.Hour)))
		}
		action := []string{"post_view", "post_impression", "post_like", "post_comment", "post_share"}[random.IntN(5)]
		events = append(events, event{fmt.Sprint("p", random.IntN(40)), action, time.Now().Add(-ago)})
	}
	for chunk := range slices.Chunk(events, 300) {
		s.insert(chunk...)
	}
	queries, err := Queries()
	require.NoError(t, err)
	require.Len(t, queries, 5)
	for _, q := range queries {
		var through, over []string
		for range 3 { // a minute may end between the two
			s.refreshed()
			if through, over = s.answer(q.SQL), s.answer(q.Raw); slices.Equal(over, through) {
				break
			}
		}
		require.NotEmpty(t, over, q.Name)
		require.Equal(t, over, through, q.Name)
	}
}

func (s *server) answer(query string) []string {
	got := s.lines(strings.ReplaceAll(query, "{post_id:String}", "'p1'"))
	if !strings.Contains(query, "ORDER BY") {
		slices.Sort(got)
	}
	return got
}
