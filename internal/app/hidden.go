package app

import (
	"sync/atomic"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/visibility"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// hidden knows which posts are not to be seen, and what the others are called, by views of the application's posts and users.
type hidden struct{ posts, users *entityView }

// entityView is a view of a table of the application.
type entityView struct {
	*streams.View
	emptied atomic.Pointer[change.Position] // the latest truncate in any partition; nil for none
}

// newHidden adds the views to the program.
func (a *App) newHidden(rows schemas.RowCodec) (*hidden, error) {
	var views [2]*entityView
	for i, table := range []string{string(topology.PostsTable), string(topology.UsersTable)} {
		v := &entityView{}
		view, err := streams.NewView(a.layer(), table, rows, v.update)
		if err != nil {
			return nil, err
		}
		v.View, views[i] = view, v
		a.add("view "+table, view.Run)
	}
	return &hidden{views[0], views[1]}, nil
}

// update notes truncates. It is called by several partitions at once.
func (v *entityView) update(name string, row schemas.Row) {
	r, ok := row.(*schemas.EntityRow)
	if !ok || name != schemas.TruncatedRow {
		return
	}
	for at := r.Position; ; {
		last := v.emptied.Load()
		if last != nil && !last.Before(at) || v.emptied.CompareAndSwap(last, &at) {
			return
		}
	}
}

// row returns a row of the application, nil for none. One that a truncate has made worthless is deleted.
func (v *entityView) row(id string) *schemas.EntityRow {
	found, _ := v.Get(id)
	row, ok := found.(*schemas.EntityRow)
	if !ok {
		return nil
	}
	if at := v.emptied.Load(); at != nil && row.Position.Before(*at) {
		row.Deleted = true
	}
	return row
}

// post reports whether readers do not see a post. As long as the tables are being read, it may be seen.
func (h *hidden) post(id string) bool {
	row := h.posts.row(id)
	return row != nil && h.hides(row)
}

// hides reports whether readers do not see the post of a row.
func (h *hidden) hides(row *schemas.EntityRow) bool {
	post := schemas.PostRow{EntityRow: row}
	var author *visibility.Author
	if user := h.users.row(post.Author()); user != nil {
		author = &visibility.Author{Deleted: schemas.UserRow{EntityRow: user}.Gone()}
	}
	return visibility.Hidden(&visibility.Post{Deleted: row.Deleted, Status: post.Status()}, author)
}

// Title implements api.Titles: what the author has written of a post that is to be seen.
func (h *hidden) Title(id string) (string, bool) {
	row := h.posts.row(id)
	if row == nil || h.hides(row) {
		return "", false
	}
	title := schemas.PostRow{EntityRow: row}.Caption()
	return title, title != ""
}
