// Package oracle says in plain code what the flow must give, for tests to compare with: slow, and sharing no code with
// the flow but the types of its records.
package oracle

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/nova-social/nova-streams/schemas"
)

// Sessions tells what becomes of the records of `activity`, given in the order of the log. Of every session it remembers
// each event, and looks at all of them anew for each that comes.
type Sessions struct {
	Gap, Keep time.Duration

	Emptied   int // how often all sessions of a user were forgotten, as nothing had come for so long
	Forgotten int // sessions forgotten one by one

	users map[string]*user
}

type user struct {
	touched, newest int64
	sessions        []*visited
}

// visited is a session: its events in the order in which they came.
type visited struct {
	id     string
	events []event
}

type event struct {
	at     int64
	device string
}

func (v *visited) span() (first, last int64) {
	first, last = v.events[0].at, v.events[0].at
	for _, e := range v.events {
		first, last = min(first, e.at), max(last, e.at)
	}
	return first, last
}

// mostDevices is how many devices of a session are told apart.
const mostDevices = 256

// devices returns the devices of the session in order of appearance, and that of the latest event that names one.
func (v *visited) devices() (all []string, latest string) {
	newest := v.events[0].at
	for _, e := range v.events {
		if e.device != "" && !slices.Contains(all, e.device) && len(all) < mostDevices {
			all = append(all, e.device)
		}
		if e.device != "" && e.at >= newest {
			latest = e.device
		}
		newest = max(newest, e.at)
	}
	return all, latest
}

// Take returns what must come of the next record, which the broker appended at that time, but for its origin.
func (o *Sessions) Take(a *schemas.Activity, appended time.Time) *schemas.EnrichedEvent {
	u := o.user(a, appended.UnixMilli())
	want := &schemas.EnrichedEvent{Event: a.Event, RootTime: a.RootTime, RootPartition: a.Origin.Partition, RootOffset: a.Origin.Offset}
	joined, connected := o.find(u, a.EventTime)
	if joined == nil {
		joined = &visited{id: sessionID(a.UserID, a.EventID)}
		u.sessions = append(u.sessions, joined)
	} else if _, last := joined.span(); a.Device != "" && a.EventTime >= last {
		if _, before := joined.devices(); before != a.Device {
			want.PreviousDevice = before
		}
	}
	joined.events = append(joined.events, event{a.EventTime, a.Device})
	devices, _ := joined.devices()
	want.SessionID, want.DeviceCount = joined.id, int32(len(devices))
	if connected != nil {
		want.ConnectsSessionID = connected.id
	}
	return want
}

// user returns the user of a record and what is remembered of them when it comes.
func (o *Sessions) user(a *schemas.Activity, appended int64) *user {
	if o.users == nil {
		o.users = map[string]*user{}
	}
	u := o.users[a.UserID]
	if u != nil && appended-u.touched >= o.Keep.Milliseconds() {
		u = nil
		o.Emptied++
	}
	if u == nil {
		u = &user{}
		o.users[a.UserID] = u
	}
	u.touched, u.newest = appended, max(u.newest, a.RootTime)
	kept := len(u.sessions)
	u.sessions = slices.DeleteFunc(u.sessions, func(v *visited) bool {
		_, last := v.span()
		return u.newest-last > (o.Keep + o.Gap).Milliseconds()
	})
	o.Forgotten += kept - len(u.sessions)
	return u
}

// find returns the session an event of that time joins, and its neighbour that it connects with it; nil for none.
func (o *Sessions) find(u *user, at int64) (joined, connected *visited) {
	gap := o.Gap.Milliseconds()
	var near []*visited
	nearest, begin := int64(0), int64(0)
	for _, v := range u.sessions {
		first, last := v.span()
		distance := max(first-at, at-last, 0)
		if distance > gap {
			continue
		}
		near = append(near, v)
		if joined == nil || distance < nearest || distance == nearest && first < begin {
			joined, nearest, begin = v, distance, first
		}
	}
	for _, v := range near {
		if v != joined && pause(v, joined) > gap && !u.between(v, joined) {
			connected = v
		}
	}
	return joined, connected
}

// pause is the time between two sessions.
func pause(v, w *visited) int64 {
	first, last := v.span()
	from, to := w.span()
	return max(first, from) - min(last, to)
}

// between reports whether another session lies between two.
func (u *user) between(v, w *visited) bool {
	return slices.ContainsFunc(u.sessions, func(x *visited) bool {
		return x != v && x != w && pause(v, x) < pause(v, w) && pause(x, w) < pause(v, w)
	})
}

func sessionID(userID, eventID string) string {
	namespace := uuid.NewSHA1(uuid.NameSpaceOID, []byte("nova-streams/session"))
	return uuid.NewSHA1(namespace, []byte(userID+"\n"+eventID)).String()
}
