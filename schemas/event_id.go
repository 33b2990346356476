package schemas

import (
	"crypto/sha256"
	"strconv"

	"github.com/google/uuid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/session"
)

// The UUID namespaces of ids that are derived: UUIDv5 of the OID namespace and "nova-streams/event" or
// "nova-streams/session".
var (
	eventNamespace   = uuid.MustParse("80bbff97-b3f4-5853-8b4c-46bc448caf30")
	sessionNamespace = uuid.MustParse("9750c087-b73c-5aa5-984d-9a3a023bb12c")
)

// DeriveEventID returns the id of an event whose producer sent none: the UUIDv5, in a namespace of our own, of user id,
// post id, action and event time in Unix ms, a line each. Ids hold no control characters, so no two events share a name.
// A producer that repeats an event repeats all four; two events of one user alike to the millisecond count as one.
func DeriveEventID(userID, postID string, action engagement.Action, eventTime int64) string {
	name := userID + "\n" + postID + "\n" + action.String() + "\n" + strconv.FormatInt(eventTime, 10)
	return uuid.NewSHA1(eventNamespace, []byte(name)).String()
}

// DeriveSessionID returns the id of the session that an event opens: the UUIDv5, in a namespace of our own, of user id and
// event id, a line each. Whoever meets the event first gives the session the same name.
func DeriveSessionID(userID, eventID string) session.ID {
	return session.ID(uuid.NewSHA1(sessionNamespace, []byte(userID+"\n"+eventID)))
}

// HashEventID returns the identity of an event in a dedup row: the first 16 bytes of SHA-256 of its event id.
func HashEventID(id string) EventHash {
	var room [MaxIDBytes]byte // a conversion would be on the heap
	sum := sha256.Sum256(append(room[:0], id...))
	return EventHash(sum[:len(EventHash{})])
}
