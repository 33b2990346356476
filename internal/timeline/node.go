package timeline

import (
	"strings"

	"github.com/tidwall/btree"

	"github.com/nova-social/nova-streams/internal/domain/visibility"
)

// node is a user, known by a row or only because a post or an edge names it.
type node struct {
	id      string
	known   bool  // has a row that is not deleted
	gone    bool  // deleted, or says so: not to be seen, and its posts neither
	name    *Name // as the row says, nil without one; never changed, as readers keep it
	created int64

	posts     list[*post] // those to be seen if the author is
	following list[*edge] // all active edges, those to deleted users included
	followers list[*edge]

	followees, fans int // of the lists, without deleted users
	authored        int // posts that name it, hidden ones included
}

// named returns how the user is called: one without a row by the id alone.
func (n *node) named() *Name {
	if n.name == nil {
		return &Name{ID: n.id}
	}
	return n.name
}

// post is a row of posts that is not deleted. What it says is never changed, as readers keep it.
type post struct {
	Post

	author *node // nil where it is not known
}

// seen reports whether readers see the post.
func (p *post) seen() bool {
	var author *visibility.Author
	if p.author != nil {
		author = &visibility.Author{Deleted: p.author.gone}
	}
	return !visibility.Hidden(&visibility.Post{Status: p.Status}, author)
}

// edge is an active follow.
type edge struct {
	follower, followee *node
	at                 int64
}

type ends struct{ follower, followee *node }

// list is an ordered set; the zero value is empty. Most users have short ones or none, so it begins with nothing.
type list[T any] struct{ tree *btree.BTreeG[T] }

func (l *list[T]) add(item T, less func(a, b T) bool) {
	if l.tree == nil {
		l.tree = btree.NewBTreeGOptions(less, btree.Options{NoLocks: true})
	}
	l.tree.Set(item)
}

func (l *list[T]) remove(item T) {
	if l.tree == nil {
		return
	}
	l.tree.Delete(item)
	if l.tree.Len() == 0 {
		l.tree = nil
	}
}

func (l *list[T]) size() int {
	if l.tree == nil {
		return 0
	}
	return l.tree.Len()
}

// each calls f for every item, in order, until f returns false.
func (l *list[T]) each(f func(T) bool) {
	if l.tree != nil {
		l.tree.Scan(f)
	}
}

// from calls f for every item at or after pivot, in order, until f returns false.
func (l *list[T]) from(pivot T, f func(T) bool) {
	if l.tree != nil {
		l.tree.Ascend(pivot, f)
	}
}

// before is the order of all lists: the newest first, of one moment the highest id first.
func before(at int64, id string, otherAt int64, otherID string) bool {
	if at != otherAt {
		return at > otherAt
	}
	return strings.Compare(id, otherID) > 0
}

func newerPost(a, b *post) bool { return before(a.CreatedAt, a.ID, b.CreatedAt, b.ID) }

func newerFollowee(a, b *edge) bool { return before(a.at, a.followee.id, b.at, b.followee.id) }

func newerFollower(a, b *edge) bool { return before(a.at, a.follower.id, b.at, b.follower.id) }
