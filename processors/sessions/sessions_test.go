package sessions_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/session"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/sessions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

func bench(t *testing.T, rule session.Rule) *processorstest.Bench {
	t.Helper()
	return processorstest.New(t, topology.SessionsGroup(processorstest.Codecs(t)), sessions.Config{Rule: rule}.On)
}

// out returns the one record that came of the last input.
func out(t *testing.T, b *processorstest.Bench) (key string, e *schemas.EnrichedEvent) {
	t.Helper()
	keys, got := b.Out(topology.EnrichedEvents)
	require.Len(t, got, 1)
	return keys[0], got[0].(*schemas.EnrichedEvent)
}

// arrival is a record of activity and when it was appended.
type arrival struct {
	activity *schemas.Activity
	appended time.Time
}

// arrivals are the redelivered hour of real events, of fewer users, on devices, some of them up to eight minutes
// late.
func arrivals(t *testing.T, seed uint64) []arrival {
	t.Helper()
	f, err := os.Open("../../testdata/gh/events_h0_dup.jsonl.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	rng := rand.New(rand.NewPCG(seed, 1))
	devices := []string{"", "phone", "tablet", "tv"}
	var all []arrival
	for lines := bufio.NewScanner(z); lines.Scan(); {
		var e struct {
			EventID   string    `json:"event_id"`
			EventTime time.Time `json:"event_time"`
			UserID    string    `json:"user_id"`
			PostID    string    `json:"post_id"`
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		appended := e.EventTime.Add(time.Duration(rng.Int64N(int64(2 * time.Second))))
		if rng.IntN(4) == 0 {
			appended = appended.Add(time.Duration(rng.Int64N(int64(8 * time.Minute))))
		}
		n := crc32.ChecksumIEEE([]byte(e.EventID)) + uint32(seed)
		all = append(all, arrival{&schemas.Activity{
			Event: schemas.Event{
				EventID: e.EventID, EventTime: e.EventTime.UnixMilli(), UserID: e.UserID[:2], PostID: e.PostID,
				Action: engagement.View, Device: devices[n%4], AppVer: "1.2",
			},
			Origin: schemas.Origin{Emitter: "dedup", Partition: int32(n % 8), Offset: int64(len(all))},
		}, appended})
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.appended.Compare(b.appended) })
	for i, a := range all { // dedup took its time with each
		a.activity.RootTime = a.appended.Add(-time.Duration(rng.Int64N(int64(time.Minute)))).UnixMilli()
		all[i] = a
	}
	return all
}

func TestEvents_join_the_sessions_that_a_look_at_all_events_says(t *testing.T) {
	rule := session.Rule{Gap: 90 * time.Second, Keep: 6 * time.Minute}
	for seed := range uint64(3) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			b, want := bench(t, rule), oracle.Sessions{Gap: rule.Gap, Keep: rule.Keep}
			sessions, changes, connected, late := map[string]bool{}, 0, 0, 0
			for i, a := range arrivals(t, seed) {
				require.Equal(t, schemas.Applied, b.In(a.activity.UserID, a.appended, a.activity))
				key, got := out(t, b)
				require.Equal(t, a.activity.UserID, key)
				require.Equal(t, want.Take(a.activity, a.appended), got, "record %d", i)
				sessions[got.SessionID] = true
				if got.PreviousDevice != "" {
					changes++
				}
				if got.ConnectsSessionID != "" {
					connected++
				}
				if a.appended.Sub(time.UnixMilli(got.EventTime)) > rule.Keep {
					late++
				}
			}
			t.Logf("%d sessions, %d changes of device, %d connections, %d events later than is kept, %d sessions forgotten, %d users",
				len(sessions), changes, connected, late, want.Forgotten, want.Emptied)
			for what, n := range map[string]int{
				"sessions": len(sessions), "changes": changes, "connections": connected, "late": late, "forgotten": want.Forgotten, "emptied": want.Emptied,
			} {
				require.Greater(t, n, 50, "%s: the data must try the rule", what)
			}
		})
	}
}

func at(minutes int, id, device string) *schemas.Activity {
	when := time.Date(2026, 1, 2, 12, minutes, 0, 0, time.UTC).UnixMilli()
	return &schemas.Activity{
		Event:    schemas.Event{EventID: id, EventTime: when, UserID: "u", PostID: "p", Action: engagement.Like, Device: device, AuthorID: "a", CommentID: "c"},
		RootTime: when + 5, Origin: schemas.Origin{Emitter: "dedup", Epoch: 1, Partition: 3, Offset: 77, N: 1},
	}
}

// The example of docs/sessions.md.
func TestLate_event_connects_two_sessions(t *testing.T) {
	b := bench(t, session.DefaultRule())
	first, second := schemas.DeriveSessionID("u", "e1").String(), schemas.DeriveSessionID("u", "e3").String()
	now := time.Date(2026, 1, 2, 13, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		in                 *schemas.Activity
		session            string
		devices            int32
		previous, connects string
	}{
		{at(0, "e1", "phone"), first, 1, "", ""},
		{at(10, "e2", "tablet"), first, 2, "phone", ""},
		{at(55, "e3", "tv"), second, 1, "", ""},
		{at(30, "e4", "phone"), first, 2, "tablet", second},
		{at(45, "e5", "phone"), second, 2, "", ""},
		{at(56, "e6", ""), second, 2, "", ""},
	} {
		require.Equal(t, schemas.Applied, b.In("u", now, step.in))
		key, got := out(t, b)
		require.Equal(t, "u", key)
		require.Equal(t, &schemas.EnrichedEvent{
			Event: step.in.Event, RootTime: step.in.RootTime, RootPartition: 3, RootOffset: 77,
			SessionID: step.session, DeviceCount: step.devices, PreviousDevice: step.previous, ConnectsSessionID: step.connects,
		}, got)
	}
	row := b.Row("u").(*schemas.SessionRow)
	require.Equal(t, now.UnixMilli(), row.Newest())
	require.Equal(t, []session.Session{
		{ID: schemas.DeriveSessionID("u", "e1"), First: at(0, "", "").EventTime, Last: at(30, "", "").EventTime, Device: "phone", Devices: []string{"phone", "tablet"}},
		{ID: schemas.DeriveSessionID("u", "e3"), First: at(45, "", "").EventTime, Last: at(56, "", "").EventTime, Device: "tv", Devices: []string{"tv", "phone"}},
	}, row.Sessions)
}

// A row that nothing has come to for as long as it is kept counts as none: the layer may have removed it, or not yet.
func TestRow_is_worth_nothing_once_it_may_be_removed(t *testing.T) {
	rule := session.Rule{Gap: time.Hour, Keep: 2 * time.Hour}
	for after, same := range map[time.Duration]bool{rule.Keep - time.Millisecond: true, rule.Keep: false} {
		b, now := bench(t, rule), time.Date(2026, 1, 2, 13, 0, 0, 0, time.UTC)
		require.Equal(t, schemas.Applied, b.In("u", now, at(0, "e1", "phone")))
		_, first := out(t, b)
		require.Equal(t, schemas.Applied, b.In("u", now.Add(after), at(1, "e2", "phone")))
		_, second := out(t, b)
		require.Equal(t, same, first.SessionID == second.SessionID, after)
	}
}

// What is forgotten depends on the newest root time there was, not on that of the event at hand.
func TestSessions_are_forgotten_by_the_newest_root_time(t *testing.T) {
	rule := session.Rule{Gap: time.Hour, Keep: 2 * time.Hour}
	for older, same := range map[time.Duration]bool{0: true, time.Millisecond: false} {
		b, now := bench(t, rule), time.Date(2026, 1, 2, 15, 0, 0, 0, time.UTC)
		in := func(id string, root time.Time) string {
			a := at(0, id, "phone")
			a.EventTime, a.RootTime = now.Add(-rule.Gap-rule.Keep-older).UnixMilli(), root.UnixMilli()
			require.Equal(t, schemas.Applied, b.In("u", now, a))
			_, e := out(t, b)
			return e.SessionID
		}
		require.Equal(t, same, in("e1", now) == in("e2", now.Add(-time.Minute)), older)
	}
}

func TestUnreadable_is_refused(t *testing.T) {
	b := bench(t, session.DefaultRule())
	// the tester encodes with the input's codec; a null value is what it passes on as it is
	require.Equal(t, schemas.Dead, b.In("u", time.UnixMilli(0), nil))
	_, got := b.Out(topology.ActivityDLQ)
	require.Equal(t, schemas.ReasonNullValue, got[0].(*schemas.DeadLetter).Reason)
}
