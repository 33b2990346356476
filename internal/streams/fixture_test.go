package streams

import (
	"encoding/json"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// note is the record of the test groups: JSON, with an origin like every derived record.
type note struct {
	ID     string
	Key    string
	Delta  int
	Origin schemas.Origin
}

func (n *note) GetOrigin() schemas.Origin  { return n.Origin }
func (n *note) SetOrigin(o schemas.Origin) { n.Origin = o }

// tally is the row of the test groups.
type tally struct {
	At   schemas.Position
	Seen map[string]bool `json:",omitempty"`
	On   bool            `json:",omitempty"`
	Sum  int
	Time int64 `json:",omitempty"`
}

func (t *tally) Last() schemas.Position     { return t.At }
func (t *tally) SetLast(p schemas.Position) { t.At = p }

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(v any) ([]byte, error) { return json.Marshal(v) }
func (jsonCodec[T]) Decode(b []byte) (any, error) {
	v := new(T)
	return v, json.Unmarshal(b, v)
}

type tallyCodec struct{ jsonCodec[tally] }

func (tallyCodec) New() schemas.Row { return &tally{} }
func (c tallyCodec) Last(raw []byte) (schemas.Position, error) {
	v, err := c.Decode(raw)
	if err != nil {
		return schemas.NoPosition, err
	}
	return v.(*tally).At, nil
}

func row(ctx goka.Context) *tally {
	if t, ok := ctx.Value().(*tally); ok {
		return t
	}
	return &tally{Seen: map[string]bool{}}
}

// The three verbs mirror dedup, reactions and scores: they drop repeats, emit only changes, and add up.

func dropRepeats(out goka.Stream) Verb {
	return func(ctx goka.Context, msg any) schemas.Outcome {
		n, r := msg.(*note), row(ctx)
		if r.Seen[n.ID] {
			return schemas.Duplicate
		}
		r.Seen[n.ID] = true
		ctx.SetValue(r)
		ctx.Emit(out, ctx.Key(), &note{ID: n.ID, Key: n.Key, Delta: n.Delta})
		return schemas.Applied
	}
}

func emitChanges(out goka.Stream) Verb {
	return func(ctx goka.Context, msg any) schemas.Outcome {
		n, r := msg.(*note), row(ctx)
		if r.On == (n.Delta > 0) {
			return schemas.Duplicate
		}
		r.On = n.Delta > 0
		ctx.SetValue(r)
		ctx.Emit(out, n.Key, &note{ID: n.ID, Key: n.Key, Delta: n.Delta})
		return schemas.Applied
	}
}

func addUp(ctx goka.Context, msg any) schemas.Outcome {
	r := row(ctx)
	r.Sum += msg.(*note).Delta
	ctx.SetValue(r)
	return schemas.Applied
}
