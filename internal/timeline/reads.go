package timeline

// Post is a post that readers see. Times are Unix ms, 0 for none.
type Post struct {
	ID        string
	AuthorID  string // empty where it is not known
	Caption   string
	Status    string
	CreatedAt int64
	UpdatedAt int64
}

// User is a user who is not deleted.
type User struct {
	ID          string
	Username    string
	DisplayName string
	CreatedAt   int64 // Unix ms, 0 for none
	Followers   int   // those who are deleted are not counted
	Following   int
	Posts       int // those that readers see
}

// Relationship is who follows whom of two users.
type Relationship struct{ Following, FollowedBy bool }

// Post returns a post, and false where there is none that readers see.
func (x *Index) Post(id string) (Post, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	p := x.posts[id]
	if p == nil || !p.seen() {
		return Post{}, false
	}
	return p.Post, true
}

// Hidden reports whether it is known that readers do not see a post. One of which nothing is known may be seen.
func (x *Index) Hidden(id string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if p := x.posts[id]; p != nil {
		return !p.seen()
	}
	_, removed := x.removed[id]
	return removed
}

// User returns a user, and false for one who is not known or deleted.
func (x *Index) User(id string) (User, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := x.present(id)
	if n == nil {
		return User{}, false
	}
	return User{
		ID: n.id, Username: n.name.Username, DisplayName: n.name.DisplayName, CreatedAt: n.created,
		Followers: n.fans, Following: n.followees, Posts: n.posts.size(),
	}, true
}

// Known reports whether a user has a row, and whether that says that the user is deleted.
func (x *Index) Known(id string) (known, gone bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := x.nodes[id]
	if n == nil {
		return false, false
	}
	return n.known || n.gone, n.gone
}

// Relationship returns how a user stands to another, and false if one of them is not known or deleted.
func (x *Index) Relationship(id, other string) (Relationship, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	a, b := x.present(id), x.present(other)
	if a == nil || b == nil {
		return Relationship{}, false
	}
	return Relationship{Following: x.edges[ends{a, b}] != nil, FollowedBy: x.edges[ends{b, a}] != nil}, true
}

// present returns a user who is known and not deleted, or nil.
func (x *Index) present(id string) *node {
	n := x.nodes[id]
	if n == nil || !n.known || n.gone {
		return nil
	}
	return n
}
