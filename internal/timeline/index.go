package timeline

import (
	"sync"

	"github.com/nova-social/nova-streams/internal/domain/visibility"
	"github.com/nova-social/nova-streams/schemas"
)

// Index is what readers ask. Its methods may be called from several goroutines at once.
type Index struct {
	mu      sync.RWMutex
	nodes   map[string]*node
	posts   map[string]*post
	removed map[string]struct{} // posts that are deleted
	edges   map[ends]*edge
	known   int // nodes with a row
}

// New returns an empty index.
func New() *Index {
	return &Index{nodes: map[string]*node{}, posts: map[string]*post{}, removed: map[string]struct{}{}, edges: map[ends]*edge{}}
}

// UpdatePost takes the latest row of posts-table under a name; nil for a tombstone. It keeps nothing of the row but texts.
func (x *Index) UpdatePost(name string, row *schemas.EntityRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.removePost(name)
	delete(x.removed, name)
	switch {
	case row == nil:
		return
	case row.Deleted:
		x.removed[name] = struct{}{}
		return
	}
	r := schemas.PostRow{EntityRow: row}
	p := &post{Post: Post{
		ID: name, AuthorID: r.Author(), Caption: r.Caption(), Status: r.Status(), CreatedAt: timeOf(row, "created_at"), UpdatedAt: timeOf(row, "updated_at"),
	}}
	x.posts[name] = p
	if p.AuthorID != "" {
		p.author = x.node(p.AuthorID)
		p.author.authored++
		if !visibility.Hidden(&visibility.Post{Status: p.Status}, nil) {
			p.author.posts.add(p, newerPost)
		}
	}
}

func (x *Index) removePost(id string) {
	p := x.posts[id]
	if p == nil {
		return
	}
	delete(x.posts, id)
	if p.author != nil {
		p.author.posts.remove(p)
		p.author.authored--
		x.release(p.author)
	}
}

// UpdateUser takes the latest row of users-table under a name; nil for a tombstone.
func (x *Index) UpdateUser(name string, row *schemas.EntityRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.node(name)
	if row == nil { // nothing is known of the user
		x.setUser(n, false, false)
		n.name, n.created = nil, 0
		x.release(n)
		return
	}
	n.name, n.created = &Name{name, row.Text("username"), row.Text("display_name")}, timeOf(row, "created_at")
	x.setUser(n, !row.Deleted, schemas.UserRow{EntityRow: row}.Gone())
}

// setUser says what is known of a user, and tells those at the other ends of its edges.
func (x *Index) setUser(n *node, known, gone bool) {
	if known != n.known {
		x.known += sign(known)
		n.known = known
	}
	if gone == n.gone {
		return
	}
	n.gone = gone
	n.followers.each(func(e *edge) bool { e.follower.followees += sign(!gone); return true })
	n.following.each(func(e *edge) bool { e.followee.fans += sign(!gone); return true })
}

// UpdateFollow takes the latest row of follows-table under a natural id, follower:followee; nil for a tombstone.
func (x *Index) UpdateFollow(name string, row *schemas.EntityRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	parts, ok := schemas.NaturalParts(name, 2)
	if !ok {
		return // no edge has such a name
	}
	x.removeEdge(parts[0], parts[1])
	if row == nil || !(schemas.FollowRow{EntityRow: row}).Active() {
		return
	}
	e := &edge{follower: x.node(parts[0]), followee: x.node(parts[1]), at: timeOf(row, "created_at")}
	x.edges[ends{e.follower, e.followee}] = e
	e.follower.following.add(e, newerFollowee)
	e.followee.followers.add(e, newerFollower)
	count(e, 1)
}

func (x *Index) removeEdge(follower, followee string) {
	key := ends{x.nodes[follower], x.nodes[followee]}
	e := x.edges[key]
	if e == nil {
		return
	}
	delete(x.edges, key)
	e.follower.following.remove(e)
	e.followee.followers.remove(e)
	count(e, -1)
	x.release(e.follower)
	x.release(e.followee)
}

// count adds n to the numbers at both ends.
func count(e *edge, n int) {
	if !e.followee.gone {
		e.follower.followees += n
	}
	if !e.follower.gone {
		e.followee.fans += n
	}
}

func (x *Index) node(id string) *node {
	n := x.nodes[id]
	if n == nil {
		n = &node{id: id}
		x.nodes[id] = n
	}
	return n
}

// release forgets a user of whom nothing is known and whom nothing names.
func (x *Index) release(n *node) {
	if !n.known && !n.gone && n.authored == 0 && n.following.size() == 0 && n.followers.size() == 0 {
		delete(x.nodes, n.id)
	}
}

// timeOf returns a timestamptz column in Unix ms, 0 for none.
func timeOf(row *schemas.EntityRow, column string) int64 {
	value, _ := row.Columns.Get(column)
	ms, _ := schemas.ColumnTime(value)
	return ms
}

func sign(more bool) int {
	if more {
		return 1
	}
	return -1
}
