package app

import (
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// lists are posts, users and follows in the order of reading, from views of the application's tables.
type lists struct {
	*timeline.Index
	posts, users, follows *entityView
}

// newLists adds the views to the program.
func (a *App) newLists(rows schemas.RowCodec) (*lists, error) {
	l := &lists{Index: timeline.New()}
	for _, v := range []struct {
		view   **entityView
		table  topology.Table
		update func(id string, row *schemas.EntityRow)
	}{
		{&l.posts, topology.PostsTable, l.UpdatePost}, {&l.users, topology.UsersTable, l.UpdateUser}, {&l.follows, topology.FollowsTable, l.UpdateFollow},
	} {
		view, err := a.newEntityView(v.table, rows)
		if err != nil {
			return nil, err
		}
		view.listen(v.update)
		*v.view = view
	}
	l.Register(a.metrics)
	return l, nil
}

// Recovered implements api.Timeline.
func (l *lists) Recovered() bool {
	return l.posts.Recovered() && l.users.Recovered() && l.follows.Recovered()
}
