// Package deadletter is how every group refuses a record: the bytes, the reason and where they lay go to the group's
// dead-letter topic, and the group goes on.
//
// It does not retry and does not judge. A letter is at least once: after a crash the same record may be refused again,
// with the same topic, partition and offset in the letter.
package deadletter

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// MaxValue is how much of a refused value a letter carries, bytes; the size as read is in the letter.
const MaxValue = 2 << 20

// maxKey is how much of a record's key a letter carries, bytes, twice: as its own key and inside. Natural keys are far
// shorter; a longer one makes the letter one that is not whole.
const maxKey = 16 << 10

// Refuse sends the current record to the dead-letter topic to and returns its outcome.
func Refuse(ctx goka.Context, to topology.Stream, reason schemas.Reason, detail string, value []byte) schemas.Outcome {
	return RefuseCut(ctx, to, reason, detail, value, len(value))
}

// RefuseCut is Refuse for a value of which only a part is given: as a whole it has size bytes.
func RefuseCut(ctx goka.Context, to topology.Stream, reason schemas.Reason, detail string, value []byte, size int) schemas.Outcome {
	key := ctx.Key()
	cut := len(key) > maxKey
	if cut {
		key = key[:maxKey]
	}
	letter := &schemas.DeadLetter{
		Topic:      string(ctx.Topic()),
		Partition:  ctx.Partition(),
		Offset:     ctx.Offset(),
		AppendTime: ctx.Timestamp().UnixMilli(),
		Stage:      string(ctx.Group()),
		Reason:     reason,
		Detail:     detail,
		Key:        []byte(key),
		Value:      value,
		ValueSize:  int64(size),
		Truncated:  cut || len(value) < size,
	}
	if value == nil {
		letter.ValueSize = -1
	}
	if len(value) > MaxValue {
		letter.Value, letter.Truncated = value[:MaxValue], true
	}
	ctx.Emit(to, key, letter)
	return schemas.Dead
}

// Unreadable refuses a record its decoder could not read.
func Unreadable(ctx goka.Context, to topology.Stream, u *schemas.Unreadable) schemas.Outcome {
	return Refuse(ctx, to, u.Reason, u.Detail, u.Value)
}
