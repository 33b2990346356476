package dedup_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/dedup"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

var now = time.UnixMilli(1_800_000_000_000)

func event(id string, a engagement.Action) *schemas.Event {
	return &schemas.Event{EventID: id, EventTime: now.UnixMilli() - 1000, UserID: "u", PostID: "p", Action: a, Device: "phone", CommentID: "c"}
}

func bench(t *testing.T) *processorstest.Bench {
	t.Helper()
	return processorstest.New(t, topology.DedupGroup(processorstest.Codecs(t)), dedup.DefaultConfig().On)
}

func requireNothing(t *testing.T, b *processorstest.Bench) {
	t.Helper()
	for _, out := range topology.DedupGroup(processorstest.Codecs(t)).Outputs {
		if out.Topic == topology.Events { // holds what the test itself sent
			continue
		}
		keys, _ := b.Out(out.Topic)
		require.Empty(t, keys, out.Topic)
	}
}

func TestEvent_is_forwarded_by_what_it_is(t *testing.T) {
	for action, reaction := range map[engagement.Action]schemas.ReactionKind{
		engagement.View: 0, engagement.Impression: 0, engagement.Share: 0,
		engagement.Like: schemas.ReactionLike, engagement.Comment: schemas.ReactionComment,
	} {
		t.Run(action.String(), func(t *testing.T) {
			b, e := bench(t), event("e1", action)
			require.Equal(t, schemas.Applied, b.In("u:p", now, e))

			keys, got := b.Out(topology.Activity)
			require.Equal(t, []string{"u"}, keys)
			a := got[0].(*schemas.Activity)
			require.Equal(t, now.UnixMilli(), a.RootTime)
			require.Equal(t, []any{e.EventID, e.EventTime, e.UserID, e.PostID, e.Action, e.Device, e.CommentID},
				[]any{a.EventID, a.EventTime, a.UserID, a.PostID, a.Action, a.Device, a.CommentID})

			if reaction == 0 {
				keys, got = b.Out(topology.Engagements)
				require.Equal(t, []string{"p"}, keys)
				require.Equal(t, &schemas.Engagement{PostID: "p", Action: action, Delta: 1, EventTime: e.EventTime, RootTime: now.UnixMilli()}, got[0])
			} else {
				keys, got = b.Out(topology.ReactionInputs)
				require.Equal(t, []string{"u:p"}, keys)
				require.Equal(t, &schemas.ReactionInput{
					UserID: "u", PostID: "p", Kind: reaction, Source: schemas.SourceClient,
					EventTime: e.EventTime, RootTime: now.UnixMilli(), CommentID: "c",
				}, got[0])
			}
			requireNothing(t, b)
		})
	}
}

func TestRepeat_is_dropped_for_a_day(t *testing.T) {
	b := bench(t)
	require.Equal(t, schemas.Applied, b.In("u:p", now, event("e1", engagement.View)))
	b.Out(topology.Activity)
	b.Out(topology.Engagements)
	require.Equal(t, schemas.Duplicate, b.In("u:p", now.Add(time.Hour), event("e1", engagement.View)))
	require.Equal(t, schemas.Duplicate, b.In("u:p", now.Add(24*time.Hour-time.Millisecond), event("e1", engagement.View)))
	requireNothing(t, b)
	require.Equal(t, schemas.Applied, b.In("u:p", now.Add(24*time.Hour), event("e1", engagement.View)), "forgotten after a day")
	require.Equal(t, schemas.Applied, b.In("u:p", now.Add(25*time.Hour), event("e2", engagement.View)))
	require.Len(t, b.Row("u:p").(*schemas.DedupRow).Seen, 2, "what is forgotten leaves the row")
}

func TestRecord_under_another_key_goes_round(t *testing.T) {
	for _, key := range []string{"u", "", "p:u"} {
		b, e := bench(t), event("e1", engagement.View)
		e.Raw = []byte(`{"event_id":"e1","user_id":"u","post_id":"p","action":"view","ts":1799999999000}`)
		require.Equal(t, schemas.Skipped, b.In(key, now, e))
		keys, got := b.Out(topology.Events)
		require.Equal(t, []string{key, "u:p"}, keys)
		require.Equal(t, string(e.Raw), string(got[1].(*schemas.Event).Raw), "sent round as it was read")
		require.Nil(t, b.Row(key))
	}
}

func TestFuture_is_refused(t *testing.T) {
	b, e := bench(t), event("e1", engagement.View)
	e.EventTime = now.Add(5 * time.Minute).UnixMilli()
	require.Equal(t, schemas.Applied, b.In("u:p", now, e), "a clock may be five minutes fast")
	e = event("e2", engagement.View)
	e.EventTime = now.Add(5*time.Minute + time.Millisecond).UnixMilli()
	require.Equal(t, schemas.Dead, b.In("u:p", now, e))
	_, got := b.Out(topology.EventsDLQ)
	require.Len(t, got, 1)
	letter := got[0].(*schemas.DeadLetter)
	require.Equal(t, schemas.ReasonFuture, letter.Reason)
	require.Equal(t, "events", letter.Topic)
	require.Equal(t, now.UnixMilli(), letter.AppendTime)
	require.Equal(t, "event_time is 300001 ms ahead of the append time; at most 300000 are taken", letter.Detail)

	e = event("e3", engagement.View)
	e.EventTime = schemas.MaxEventTime
	require.Equal(t, schemas.Dead, b.In("u:p", now, e))
	_, got = b.Out(topology.EventsDLQ)
	require.Contains(t, got[0].(*schemas.DeadLetter).Detail, "event_time is 2", "no overflow in the far future")
}

// A key of any length leaves room for its letter, which holds it twice.
func TestLetter_of_a_long_key(t *testing.T) {
	b := bench(t)
	key := strings.Repeat("k", 1_100_000)
	require.Equal(t, schemas.Dead, b.In(key, now, &schemas.Event{Raw: []byte("x")}))
	keys, got := b.Out(topology.EventsDLQ)
	letter := got[0].(*schemas.DeadLetter)
	require.True(t, letter.Truncated)
	require.Equal(t, "x", string(letter.Value))
	require.Less(t, len(keys[0])+len(letter.Key), 64<<10)
}
