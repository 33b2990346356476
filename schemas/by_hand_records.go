package schemas

import "github.com/nova-social/nova-streams/internal/domain/engagement"

// Room for the numbers of a record, bytes; a little more than they take in a topic of our age.
const (
	originRoom  = 16
	recordRoom  = 24
	sessionRoom = 12
	actionCount = int32(engagement.Share) + 1
	kindCount   = int32(ReactionUncomment) + 1
	sourceCount = int32(SourceDatabase) + 1
)

var activityByHand = &byHand[*Activity]{
	shape: "433d3a44528eba1cf65faa5f1336c8ea3ce6f5959a952ab0f435202c85fd42fa",
	room:  func(a *Activity) int { return recordRoom + originRoom + eventTexts(&a.Event) + len(a.Origin.Emitter) },
	append: func(b []byte, a *Activity) ([]byte, bool) {
		b = appendEvent(b, &a.Event)
		b = appendLong(b, a.RootTime)
		return appendOrigin(b, a.Origin), int32(a.Action) < actionCount
	},
	read: func(body []byte) (*Activity, bool) {
		r := &avroReader{data: body, text: string(body)}
		record := &Activity{Event: readEvent(r), RootTime: r.long(), Origin: readOrigin(r)}
		return record, r.done()
	},
}

var reactionInputByHand = &byHand[*ReactionInput]{
	shape: "1ff0106274af3f12d30ef1fbfb993c3d81e4717961bd1e49e8dbac71744fd274",
	room: func(i *ReactionInput) int {
		return recordRoom + originRoom + len(i.UserID) + len(i.PostID) + len(i.CommentID) + len(i.Origin.Emitter)
	},
	append: func(b []byte, i *ReactionInput) ([]byte, bool) {
		b = appendString(b, i.UserID)
		b = appendString(b, i.PostID)
		b = appendLong(b, int64(i.Kind))
		b = appendLong(b, int64(i.Source))
		b = appendLong(b, i.EventTime)
		b = appendLong(b, i.RootTime)
		b = appendString(b, i.CommentID)
		b = appendSourcePosition(b, i.Position)
		b = appendLong(b, i.CommitMS)
		b = appendBool(b, i.Snapshot)
		return appendOrigin(b, i.Origin), int32(i.Kind) < kindCount && int32(i.Source) < sourceCount
	},
	read: func(body []byte) (*ReactionInput, bool) {
		r := &avroReader{data: body, text: string(body)}
		record := &ReactionInput{
			UserID: r.string(), PostID: r.string(), Kind: ReactionKind(r.enum(kindCount)), Source: ReactionSource(r.enum(sourceCount)),
			EventTime: r.long(), RootTime: r.long(), CommentID: r.string(), Position: readSourcePosition(r),
			CommitMS: r.long(), Snapshot: r.bool(), Origin: readOrigin(r),
		}
		return record, r.done()
	},
}

var engagementByHand = &byHand[*Engagement]{
	shape: "4beae42fb303f99d8bb6f7a86a73aec0c23489bc34cf55e76fd4894b635a1e5e",
	room:  func(e *Engagement) int { return recordRoom + originRoom + len(e.PostID) + len(e.Origin.Emitter) },
	append: func(b []byte, e *Engagement) ([]byte, bool) {
		b = appendString(b, e.PostID)
		b = appendLong(b, int64(e.Action))
		b = appendLong(b, int64(e.Delta))
		b = appendLong(b, e.EventTime)
		b = appendLong(b, e.RootTime)
		return appendOrigin(b, e.Origin), int32(e.Action) < actionCount
	},
	read: func(body []byte) (*Engagement, bool) {
		r := &avroReader{data: body, text: string(body)}
		record := &Engagement{
			PostID: r.string(), Action: engagement.Action(r.enum(actionCount)), Delta: r.int(),
			EventTime: r.long(), RootTime: r.long(), Origin: readOrigin(r),
		}
		return record, r.done()
	},
}

func appendOrigin(b []byte, o Origin) []byte {
	b = appendString(b, o.Emitter)
	b = appendLong(b, int64(o.Epoch))
	b = appendLong(b, int64(o.Partition))
	b = appendLong(b, o.Offset)
	return appendLong(b, int64(o.N))
}

func readOrigin(r *avroReader) Origin {
	return Origin{Emitter: r.string(), Epoch: r.int(), Partition: r.int(), Offset: r.long(), N: r.int()}
}
