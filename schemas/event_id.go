package schemas

import (
	"crypto/sha256"
	"strconv"

	"github.com/google/uuid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// eventNamespace is the UUID namespace of derived event ids: UUIDv5 of the OID namespace and "nova-streams/event".
var eventNamespace = uuid.MustParse("80bbff97-b3f4-5853-8b4c-46bc448caf30")

// DeriveEventID returns the id of an event whose producer sent none: the UUIDv5, in a namespace of our own, of user id,
// post id, action and event time in Unix ms, a line each. Ids hold no control characters, so no two events share a name.
// A producer that repeats an event repeats all four; two events of one user alike to the millisecond count as one.
func DeriveEventID(userID, postID string, action engagement.Action, eventTime int64) string {
	name := userID + "\n" + postID + "\n" + action.String() + "\n" + strconv.FormatInt(eventTime, 10)
	return uuid.NewSHA1(eventNamespace, []byte(name)).String()
}

// HashEventID returns the identity of an event in a dedup row: the first 16 bytes of SHA-256 of its event id.
func HashEventID(id string) EventHash {
	var room [MaxIDBytes]byte // a conversion would be on the heap
	sum := sha256.Sum256(append(room[:0], id...))
	return EventHash(sum[:len(EventHash{})])
}
