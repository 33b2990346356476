package session_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/session"
)

// arrival is an event of one user in the oracle, which keeps all of them.
type arrival struct {
	at      int64
	device  string
	session int // number of the session it joined
}

// naive decides about the next arrival by looking at every event before it, and knows sessions as sets of events only.
func naive(before []arrival, at int64, gap int64) (joined, connects int) {
	type span struct{ first, last int64 }
	spans := map[int]span{}
	for _, a := range before {
		s, ok := spans[a.session]
		if !ok {
			s = span{a.at, a.at}
		}
		spans[a.session] = span{min(s.first, a.at), max(s.last, a.at)}
	}
	joined, connects = -1, -1
	best, bestFirst := int64(0), int64(0)
	var reached []int
	for n, s := range spans {
		d := max(s.first-at, at-s.last, 0)
		if d > gap {
			continue
		}
		reached = append(reached, n)
		if joined < 0 || d < best || d == best && s.first < bestFirst {
			joined, best, bestFirst = n, d, s.first
		}
	}
	pause := func(n, m int) int64 { return max(spans[n].first, spans[m].first) - min(spans[n].last, spans[m].last) }
	for _, n := range reached {
		between := false
		for m := range spans {
			between = between || m != n && m != joined && pause(n, m) < pause(n, joined) && pause(m, joined) < pause(n, joined)
		}
		if n != joined && pause(n, joined) > gap && !between {
			connects = n
		}
	}
	return joined, connects
}

func id(n int) (id session.ID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func TestJoin_equals_a_look_at_all_events(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := session.Rule{Gap: 10 * time.Millisecond, Keep: time.Hour}
		times := rapid.SliceOfN(rapid.Int64Range(0, 200), 1, 60).Draw(t, "times")
		devices := rapid.SampledFrom([]string{"", "phone", "tablet", "tv"})
		var all []arrival
		var sessions []session.Session
		opened := 0
		for _, at := range times {
			device := devices.Draw(t, "device")
			joined, connects := naive(all, at, rule.Gap.Milliseconds())
			if joined < 0 {
				joined = opened
			}
			var v session.Visit
			sessions, v = rule.Join(sessions, at, device, id(opened))
			require.Equal(t, id(joined), v.Session)
			require.Equal(t, joined == opened, v.Opened)
			if connects < 0 {
				require.Nil(t, v.Connects)
			} else {
				require.Equal(t, id(connects), *v.Connects)
			}
			count, latest := deviceOf(append(all, arrival{at, device, joined}), joined)
			require.Equal(t, count, v.Devices)
			require.Equal(t, previous(all, joined, at, device), v.Previous, "latest of all: %q", latest)
			if v.Opened {
				opened++
			}
			all = append(all, arrival{at, device, joined})
			for i := 1; i < len(sessions); i++ {
				require.Less(t, sessions[i-1].Last, sessions[i].First, "sessions overlap")
			}
		}
	})
}

// deviceOf returns how many devices a session was seen on.
func deviceOf(all []arrival, n int) (count int, latest string) {
	seen := map[string]bool{}
	for _, a := range all {
		if a.session == n && a.device != "" {
			seen[a.device] = true
			latest = a.device
		}
	}
	return len(seen), latest
}

// previous returns the device a session was on last when an event came that is not older, if that is another.
func previous(before []arrival, n int, at int64, device string) string {
	last, on := int64(-1), ""
	for _, a := range before {
		if a.session != n {
			continue
		}
		if a.at >= last && a.device != "" {
			on = a.device
		}
		last = max(last, a.at)
	}
	if at < last || device == "" || device == on {
		return ""
	}
	return on
}

// Only neighbours are connected: what lies beyond one of them is of the same visit already.
func TestJoin_connects_neighbours(t *testing.T) {
	rule := session.Rule{Gap: 10 * time.Millisecond, Keep: time.Hour}
	var sessions []session.Session
	var v session.Visit
	for n, at := range []int64{0, 11, 22, 5, 7, 9, 12, 18} {
		sessions, v = rule.Join(sessions, at, "", id(n))
	}
	require.Equal(t, id(2), v.Session, "that of 22")
	require.Nil(t, v.Connects, "it reaches 0 to 9, too, which is 13 away from 22; but 11 to 12 lies between, and near enough to both")
}

// Whatever the order of the events, two of them are of one visit as long as no pause between them is longer than the
// gap: their session is the same, or a chain of connections leads from one to the other.
func TestJoin_in_any_order_finds_the_same_visits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := session.Rule{Gap: 10 * time.Millisecond, Keep: time.Hour}
		times := rapid.SliceOfNDistinct(rapid.Int64Range(0, 300), 1, 40, rapid.ID).Draw(t, "times")
		var sessions []session.Session
		visit := map[session.ID]session.ID{} // by connection, as in a union of sets
		find := func(x session.ID) session.ID {
			for visit[x] != x {
				x = visit[x]
			}
			return x
		}
		of := map[int64]session.ID{}
		for n, at := range times {
			var v session.Visit
			sessions, v = rule.Join(sessions, at, "", id(n+1))
			if v.Opened {
				visit[v.Session] = v.Session
			}
			if v.Connects != nil {
				visit[find(v.Session)] = find(*v.Connects)
			}
			of[at] = v.Session
		}
		var before int64 = -1
		for at := range int64(301) {
			s, is := of[at]
			if !is {
				continue
			}
			if before >= 0 {
				require.Equal(t, at-before <= 10, find(s) == find(of[before]), "%d and %d", before, at)
			}
			before = at
		}
	})
}

func TestForget_keeps_what_may_be_joined(t *testing.T) {
	rule := session.Rule{Gap: 10 * time.Millisecond, Keep: 100 * time.Millisecond}
	sessions := []session.Session{{ID: id(1), First: 0, Last: 9}, {ID: id(2), First: 40, Last: 50}}
	require.Len(t, rule.Forget(sessions, 119), 2, "an event of 19 may still come")
	require.Equal(t, []session.Session{{ID: id(2), First: 40, Last: 50}}, rule.Forget(sessions, 120))
}

func TestRule_is_checked(t *testing.T) {
	require.NoError(t, session.Rule{Gap: time.Minute, Keep: time.Minute}.Validate())
	require.ErrorContains(t, session.Rule{Keep: time.Minute}.Validate(), "gap")
	require.ErrorContains(t, session.Rule{Gap: time.Minute}.Validate(), "keep")
}

func TestID_is_written_as_a_UUID(t *testing.T) {
	id := session.ID{0x97, 0x50, 0xc0, 0x87, 0xb7, 0x3c, 0x5a, 0xa5, 0x98, 0x4d, 0x9a, 0x3a, 0x02, 0x3b, 0xb1, 0x2c}
	require.Equal(t, "9750c087-b73c-5aa5-984d-9a3a023bb12c", id.String())
	text, err := id.MarshalText()
	require.NoError(t, err)
	require.Equal(t, id.String(), string(text))
}

func TestDefaultRule(t *testing.T) {
	require.NoError(t, session.DefaultRule().Validate())
	require.Equal(t, session.Rule{Gap: 30 * time.Minute, Keep: 24 * time.Hour}, session.DefaultRule())
}
