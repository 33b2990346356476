package timeline

import "errors"

// Why a page cannot be given.
var (
	ErrUserNotFound = errors.New("timeline: the user is not known, or deleted")
	ErrBadCursor    = errors.New("timeline: not a cursor of this list")
)

// Follow is one end of a follow as the other end sees it.
type Follow struct {
	UserID      string
	Username    string // empty where it is not known
	DisplayName string
	At          int64 // since when, Unix ms, 0 where it is not known
}

// Posts returns up to limit posts of an author, the newest first, from the cursor on, or from the newest if it is empty,
// and the cursor of the next page, empty at the end. limit must be positive. It fails with ErrUserNotFound or
// ErrBadCursor, as do the other lists.
func (x *Index) Posts(userID, after string, limit int) ([]Post, string, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, c, err := x.begin(ofPosts, userID, after)
	if err != nil {
		return nil, "", err
	}
	page := pager[Post]{limit: limit, after: c, begun: after != ""}
	take := func(p *post) bool {
		return page.take(p.CreatedAt, p.ID, func() Post { return p.Post })
	}
	if after == "" {
		n.posts.each(take)
	} else {
		n.posts.from(&post{Post: Post{CreatedAt: c.at, ID: c.id}}, take)
	}
	return page.items, page.next(ofPosts, userID), nil
}

// Following returns whom a user follows, the latest follow first.
func (x *Index) Following(userID, after string, limit int) ([]Follow, string, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, c, err := x.begin(ofFollowing, userID, after)
	if err != nil {
		return nil, "", err
	}
	return follows(ofFollowing, &n.following, n, c, after, limit, &edge{followee: &node{id: c.id}, at: c.at}, func(e *edge) *node { return e.followee })
}

// Followers returns who follows a user, the latest follow first.
func (x *Index) Followers(userID, after string, limit int) ([]Follow, string, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, c, err := x.begin(ofFollowers, userID, after)
	if err != nil {
		return nil, "", err
	}
	return follows(ofFollowers, &n.followers, n, c, after, limit, &edge{follower: &node{id: c.id}, at: c.at}, func(e *edge) *node { return e.follower })
}

func (x *Index) begin(kind byte, userID, after string) (*node, cursor, error) {
	n := x.present(userID)
	if n == nil {
		return nil, cursor{}, ErrUserNotFound
	}
	if after == "" {
		return n, cursor{}, nil
	}
	c, err := parseCursor(after, kind, userID)
	return n, c, err
}

// follows pages edges; other is the end that is listed.
func follows(kind byte, edges *list[*edge], n *node, c cursor, after string, limit int, pivot *edge, other func(*edge) *node) ([]Follow, string, error) {
	page := pager[Follow]{limit: limit, after: c, begun: after != ""}
	take := func(e *edge) bool {
		u := other(e)
		if u.gone {
			return true
		}
		return page.take(e.at, u.id, func() Follow {
			return Follow{UserID: u.id, Username: u.named().Username, DisplayName: u.named().DisplayName, At: e.at}
		})
	}
	if after == "" {
		edges.each(take)
	} else {
		edges.from(pivot, take)
	}
	return page.items, page.next(kind, n.id), nil
}

// pager takes the items after a cursor, up to a limit, and one more to know that there is one.
type pager[T any] struct {
	limit int
	after cursor
	begun bool // after says something
	items []T
	last  cursor // of the last item taken
	more  bool
}

func (p *pager[T]) take(at int64, id string, item func() T) bool {
	here := cursor{at, id}
	if p.begun && here == p.after {
		return true
	}
	if len(p.items) == p.limit {
		p.more = true
		return false
	}
	p.items, p.last = append(p.items, item()), here
	return true
}

func (p *pager[T]) next(kind byte, userID string) string {
	if !p.more {
		return ""
	}
	return p.last.text(kind, userID)
}
