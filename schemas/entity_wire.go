package schemas

import "github.com/nova-social/nova-streams/internal/domain/change"

// entityWire is the struct of entity rows.
type (
	entityWire struct {
		Epoch  int32 `avro:"last_epoch"`
		Offset int64 `avro:"last_offset"`

		Touched int64 `avro:"touched"`
		change.Position
		CommitMS int64          `avro:"commit_ms"`
		Deleted  bool           `avro:"deleted"`
		Columns  change.Columns `avro:"columns"`
		Kept     []keptWire     `avro:"kept"`
	}
	keptWire struct { // change.Kept
		Name string `avro:"name"`
		change.Position
		Known bool `avro:"known"`
	}
)

func entityToWire(r *EntityRow) *entityWire {
	w := &entityWire{
		Epoch: r.last.Epoch, Offset: r.last.Offset, Touched: r.Touched,
		Position: r.Position, CommitMS: r.CommitMS, Deleted: r.Deleted, Columns: r.Columns,
	}
	for _, k := range r.Kept {
		w.Kept = append(w.Kept, keptWire{k.Name, k.Since, k.Known})
	}
	return w
}

func entityFromWire(w *entityWire) (*EntityRow, error) {
	r := &EntityRow{rowHead: head(w.Epoch, w.Offset), Touched: w.Touched, Row: change.Row{
		Position: w.Position, CommitMS: w.CommitMS, Deleted: w.Deleted,
	}}
	if len(w.Columns) > 0 { // none is nil, as in a new row
		r.Columns = w.Columns
	}
	for _, k := range w.Kept {
		r.Kept = append(r.Kept, change.Kept{Name: k.Name, Since: k.Position, Known: k.Known})
	}
	return r, nil
}
