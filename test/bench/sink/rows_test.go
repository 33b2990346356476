package sink

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// begin is the event time of the first row.
var begin = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// newRows returns events first to last-1 of n that are spread over a day, on 2,000 posts whose popularity follows Zipf's law
// with exponent 1.1, in order of time.
func newRows(first, last, n int, seed uint64) []*schemas.EnrichedEvent {
	rnd := rand.New(rand.NewPCG(seed, uint64(first)))
	posts := rand.NewZipf(rnd, 1.1, 1, 1999)
	devices := []string{"ios", "android", "web"}
	actions := []engagement.Action{engagement.View, engagement.View, engagement.View, engagement.Impression, engagement.Like, engagement.Comment, engagement.Share}
	rows := make([]*schemas.EnrichedEvent, last-first)
	for i := first; i < last; i++ {
		at := begin.UnixMilli() + int64(i)*int64(24*time.Hour/time.Millisecond)/int64(n)
		user, post := rnd.IntN(100_000), posts.Uint64()
		e := &schemas.EnrichedEvent{
			RootTime: at + 40, RootPartition: int32(i % 4), RootOffset: int64(i / 4),
			SessionID:   uuid.NewSHA1(uuid.Nil, []byte(fmt.Sprint(user, at/3_600_000))).String(),
			DeviceCount: 1,
			Origin:      schemas.Origin{Emitter: "sessions", Partition: int32(i % 4), Offset: int64(i / 4)},
		}
		e.EventID = uuid.NewSHA1(uuid.Nil, []byte(fmt.Sprint(seed, i))).String()
		e.EventTime, e.Action = at, actions[rnd.IntN(len(actions))]
		e.UserID, e.PostID, e.AuthorID = fmt.Sprint("user-", user), fmt.Sprint("post-", post), fmt.Sprint("user-", post*7)
		e.DwellMS, e.Device, e.AppVer = int64(rnd.IntN(20_000)), devices[rnd.IntN(len(devices))], "4.2.1"
		rows[i-first] = e
	}
	return rows
}
