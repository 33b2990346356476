package sample

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// source reads the embedded file again, by itself.
func source(t *testing.T) []map[string]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(eventsFile))
	require.NoError(t, err)
	var all []map[string]string
	for s := bufio.NewScanner(z); s.Scan(); {
		var e map[string]string
		require.NoError(t, json.Unmarshal(s.Bytes(), &e))
		all = append(all, e)
	}
	return all
}

// Three rounds in a bubble, where the clock jumps: each is the source's hour with its times moved and ids of its own.
func TestPlay(t *testing.T) {
	src := source(t)
	s, err := Open()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []Event
		atOnce := 0
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, s.Play(ctx, start, func(e Event) error {
			switch now := time.Now(); {
			case now.Equal(start):
				atOnce++
				require.False(t, e.EventTime.After(start))
			case e.EventTime.Before(got[len(got)-1].EventTime): // the source steps back now and then
				require.WithinDuration(t, now, e.EventTime, 3*time.Second)
			default:
				require.WithinDuration(t, now, e.EventTime, time.Millisecond)
			}
			if got = append(got, e); len(got) == 3*len(src) {
				cancel()
			}
			return nil
		}))
		require.Equal(t, start.Add(3*Round-Head).Truncate(time.Minute), time.Now().Add(time.Minute).Truncate(time.Minute))

		hour := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		firstHalf := 0
		events, users := map[string]bool{}, map[string]string{}
		for i, e := range got {
			from, round := src[i%len(src)], i/len(src)
			at, err := time.Parse(time.RFC3339, from["event_time"])
			require.NoError(t, err)
			if round == 0 && at.Sub(hour) <= Head {
				firstHalf++
			}
			require.Equal(t, start.Add(at.Sub(hour)-Head+time.Duration(round)*time.Hour).UTC(), e.EventTime)
			require.Equal(t, from["post_id"], e.PostID)
			require.Equal(t, from["author_id"], e.AuthorID)
			require.Equal(t, from["action"], e.Action)
			require.False(t, events[e.EventID], "an event id comes once")
			events[e.EventID] = true
			who := from["user_id"] + strings.Repeat("'", round)
			if known, seen := users[e.UserID]; seen {
				require.Equal(t, known, who, "a user id stands for one user in one round")
			}
			users[e.UserID] = who
		}
		require.Equal(t, firstHalf, atOnce)
		require.Greater(t, atOnce, 3000)
	})
}

func TestEventsAreWhatTheCodecTakes(t *testing.T) {
	s, err := Open()
	require.NoError(t, err)
	stop := errors.New("stop")
	n := 0
	err = s.Play(t.Context(), time.Now(), func(e Event) error {
		value, err := json.Marshal(e)
		require.NoError(t, err)
		decoded, bad := schemas.DecodeEventJSON(value)
		require.Nil(t, bad)
		require.Equal(t, e.Key(), decoded.Key())
		require.Equal(t, e.EventTime.UnixMilli(), decoded.EventTime)
		require.Equal(t, e.EventID, decoded.EventID)
		require.Equal(t, e.Action, decoded.Action.String())
		if n++; n == 1000 {
			return stop
		}
		return nil
	})
	require.ErrorIs(t, err, stop)
}

func TestTitlesNameNobody(t *testing.T) {
	s, err := Open()
	require.NoError(t, err)
	posts := map[string]bool{}
	for _, e := range s.events {
		posts[e.PostID] = true
	}
	require.Equal(t, 3557, len(s.titles))
	for id, title := range s.titles {
		require.True(t, posts[id])
		require.NotContains(t, title, "/", "an owner")
		require.NotEmpty(t, title)
	}
}
