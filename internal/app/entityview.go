package app

import (
	"sync"
	"sync/atomic"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// entityView is a view of a table of the application, in which a row that a truncate has made worthless is deleted at once.
type entityView struct {
	*streams.View
	emptied atomic.Pointer[change.Position] // the latest truncate in any partition; nil for none

	mu        sync.Mutex // held while listeners are told
	listeners []func(id string, row *schemas.EntityRow)
}

// newEntityView adds a view of a table to the program.
func (a *App) newEntityView(table topology.Table, rows schemas.RowCodec) (*entityView, error) {
	v := &entityView{}
	view, err := a.newView(table, rows, v.update)
	if err != nil {
		return nil, err
	}
	v.View = view
	return v, nil
}

// newView adds a view of a table to the program, and to the watermark of what the API answers.
func (a *App) newView(table topology.Table, rows schemas.RowCodec, update func(string, schemas.Row)) (*streams.View, error) {
	view, err := streams.NewView(a.layer(), string(table), rows, update)
	if err != nil {
		return nil, err
	}
	a.add("view "+string(table), view.Run)
	a.watermark.Add(string(table), view)
	return view, nil
}

// listen has f told of every row as it comes, from one goroutine at a time: nil for one that is no more. The row is valid
// during the call only. f may get rows of the view, but not go through them. It is to be called before the program runs.
func (v *entityView) listen(f func(id string, row *schemas.EntityRow)) {
	v.listeners = append(v.listeners, f)
}

// update is called by several partitions at once.
func (v *entityView) update(id string, row schemas.Row) {
	r, _ := row.(*schemas.EntityRow)
	if id == schemas.TruncatedRow {
		if r != nil && v.truncate(r.Position) {
			v.tellTruncated(r.Position)
		}
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.tell(id, v.effective(r))
}

// truncate notes a truncate, and reports whether it is the latest.
func (v *entityView) truncate(at change.Position) bool {
	for {
		last := v.emptied.Load()
		if last != nil && !last.Before(at) {
			return false
		}
		if v.emptied.CompareAndSwap(last, &at) {
			return true
		}
	}
}

// tellTruncated tells of the rows that a truncate has made worthless. A row that changes meanwhile is told after it.
func (v *entityView) tellTruncated(at change.Position) {
	var ids []string
	v.Each(func(id string, row schemas.Row) bool {
		if r, ok := row.(*schemas.EntityRow); ok && id != schemas.TruncatedRow && r.Position.Before(at) {
			ids = append(ids, id)
		}
		return true
	})
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, id := range ids {
		v.tell(id, v.row(id))
	}
}

func (v *entityView) tell(id string, row *schemas.EntityRow) {
	for _, f := range v.listeners {
		f(id, row)
	}
}

// row returns a row of the application, nil for none.
func (v *entityView) row(id string) *schemas.EntityRow {
	found, _ := v.Get(id)
	row, _ := found.(*schemas.EntityRow)
	return v.effective(row)
}

// effective marks a row as deleted if a truncate has made it worthless.
func (v *entityView) effective(row *schemas.EntityRow) *schemas.EntityRow {
	if at := v.emptied.Load(); row != nil && at != nil && row.Position.Before(*at) {
		row.Deleted = true
	}
	return row
}
