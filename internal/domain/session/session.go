// Package session says which session of its user an event belongs to.
//
// A session is a stretch of event time; an event belongs to it if it lies in it, or not further than the gap from one of
// its ends, which then moves. Of two sessions in reach it joins the nearer one, of two equally near the earlier one. One
// that reaches none opens a session of its own. So sessions of a user never overlap, and none is ever renamed or merged:
// an event that lies between two neighbours and makes them one visit joins one of them, and says which other it connects.
//
// Events come in any order. What is decided depends on the events that came before, never on a clock. It does no I/O and
// knows nothing of users; a session is kept for as long as its rule says.
package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Session is what is remembered of one.
type Session struct {
	ID      ID       `json:"id"`
	First   int64    `json:"first"`   // Unix ms of its earliest event
	Last    int64    `json:"last"`    // Unix ms of its latest event
	Device  string   `json:"device"`  // of the latest event that names one
	Devices []string `json:"devices"` // each device it was seen on, in order of appearance
}

// Visit is what an event learns about the session it belongs to, as of that event.
type Visit struct {
	Session  ID
	Opened   bool   // it is the first of its session to come
	Devices  int    // different devices so far, this event's included; events without one do not count
	Previous string // the device of the session's latest event so far, if that is another than this one's; empty if this event is older
	Connects *ID    // the other of two neighbours that were further apart than the gap until this event; nil for none
}

// Rule says how far events of one session may lie apart, and for how long sessions are remembered.
type Rule struct {
	Gap  time.Duration // the longest pause within a session
	Keep time.Duration // how much older than the newest arrival an event may be and still find its session
}

// MaxDevices is how many devices of a session are told apart; its count stays there.
const MaxDevices = 256

// Validate names the first field that breaks its rule.
func (r Rule) Validate() error {
	if r.Gap < time.Millisecond {
		return fmt.Errorf("session: gap must be at least 1 ms, is %v", r.Gap)
	}
	if r.Keep < r.Gap {
		return fmt.Errorf("session: keep must not be less than gap (%v), is %v", r.Gap, r.Keep)
	}
	return nil
}

// Join puts an event of time at, Unix ms, into one of the sessions, which are ascending and do not overlap, and returns
// them and what the event learns. next names the session if it opens one.
func (r Rule) Join(sessions []Session, at int64, device string, next ID) ([]Session, Visit) {
	i, later := slices.BinarySearchFunc(sessions, at, func(s Session, at int64) int { return cmp.Compare(s.First, at) })
	if later { // it lies where one begins
		i++
	}
	gap := r.Gap.Milliseconds()
	left, right := i-1, i
	toLeft, toRight := int64(-1), int64(-1) // distances, -1 for out of reach
	if left >= 0 && at-sessions[left].Last <= gap {
		toLeft = max(at-sessions[left].Last, 0)
	}
	if right < len(sessions) && sessions[right].First-at <= gap {
		toRight = sessions[right].First - at
	}
	var v Visit
	switch {
	case toLeft < 0 && toRight < 0:
		sessions = slices.Insert(sessions, i, Session{ID: next, First: at, Last: at})
		v.Opened = true
	case toRight < 0 || toLeft >= 0 && toLeft <= toRight:
		i = left
	default:
		i = right
	}
	if toLeft >= 0 && toRight >= 0 && sessions[right].First-sessions[left].Last > gap {
		other := sessions[left+right-i].ID
		v.Connects = &other
	}
	sessions[i].take(at, device, &v)
	return sessions, v
}

// take adds an event to the session.
func (s *Session) take(at int64, device string, v *Visit) {
	if at >= s.Last && device != "" {
		if s.Device != device {
			v.Previous = s.Device
		}
		s.Device = device
	}
	s.First, s.Last = min(s.First, at), max(s.Last, at)
	if device != "" && len(s.Devices) < MaxDevices && !slices.Contains(s.Devices, device) {
		s.Devices = append(s.Devices, device)
	}
	v.Session, v.Devices = s.ID, len(s.Devices)
}

// Forget removes the sessions that no event may join any more which is at most Keep older than newest, Unix ms.
func (r Rule) Forget(sessions []Session, newest int64) []Session {
	horizon := newest - r.Keep.Milliseconds() - r.Gap.Milliseconds()
	return slices.DeleteFunc(sessions, func(s Session) bool { return s.Last < horizon })
}
