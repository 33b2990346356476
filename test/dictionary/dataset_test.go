package dictionary

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/sample"
)

// event is a row of post_events, as the oracle sees it.
type event struct {
	ID, User, Post, Type, Device, Session string
	At                                    time.Time
}

const days = 3

// dataset is the hour of the sample as if it had been on three days, the last two hours ago: each event on most of the
// days, from a device that depends on user and post. All of an hour lies far from the borders of the queries.
func dataset(t *testing.T, now time.Time) []event {
	t.Helper()
	begin := now.Truncate(time.Hour).Add(-2 * time.Hour)
	var all []event
	for _, e := range hour(t, begin) {
		for d := range days {
			if number(e.EventID, d)%4 == 0 {
				continue
			}
			all = append(all, event{
				ID: fmt.Sprintf("%s-%d", e.EventID, d), User: e.UserID, Post: e.PostID, Type: "post_" + e.Action,
				Device: []string{"phone", "tablet", "desktop"}[number(e.UserID+e.PostID, 0)%3],
				At:     e.EventTime.Add(-time.Duration(d) * 24 * time.Hour),
			})
		}
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.At.Compare(b.At) })
	nameSessions(all)
	return all
}

// hour returns the events of the sample's hour, begun at begin.
func hour(t *testing.T, begin time.Time) []sample.Event {
	t.Helper()
	s, err := sample.Open()
	require.NoError(t, err)
	whole := errors.New("the hour is over")
	var all []sample.Event
	err = s.Play(t.Context(), begin.Add(sample.Head), func(e sample.Event) error {
		if !e.EventTime.Before(begin.Add(sample.Round)) {
			return whole
		}
		all = append(all, e)
		return nil
	})
	require.ErrorIs(t, err, whole)
	return all
}

// nameSessions gives the events of a user, which are sorted by time, the same session until half an hour passes.
func nameSessions(all []event) {
	last := map[string]event{}
	for i := range all {
		e := &all[i]
		e.Session = e.User + "/" + e.At.Format(time.RFC3339Nano)
		if before, ok := last[e.User]; ok && e.At.Sub(before.At) <= 30*time.Minute {
			e.Session = before.Session
		}
		last[e.User] = *e
	}
}

// number is the same for the same text, and as good as random.
func number(text string, salt int) uint32 {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s %d", text, salt)
	return h.Sum32() >> 8
}

// insert writes the events, the second half of a day before the first.
func (s *server) insert(all []event) {
	s.t.Helper()
	var rows strings.Builder
	out := json.NewEncoder(&rows)
	for i, e := range all {
		require.NoError(s.t, out.Encode(map[string]any{
			"event_id": e.ID, "event_time": e.At.UnixMilli(), "event_type": e.Type, "user_id": e.User, "post_id": e.Post,
			"device": e.Device, "session_id": e.Session, "root_time": e.At.Add(arrival).UnixMilli(), "kafka_offset": i,
		}))
	}
	s.query("INSERT INTO post_events FORMAT JSONEachRow\n" + rows.String())
	require.Equal(s.t, []map[string]any{{"n": float64(len(all))}}, s.query("SELECT count() AS n FROM post_events"))
}

// arrival is how long after it happened an event reaches Kafka.
const arrival = 250 * time.Millisecond
