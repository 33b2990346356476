package timeline

// Card is what a reader's page shows of a post. Nothing that it points to is ever changed.
type Card struct {
	Post   *Post // of one of which nothing is known: its id, and who is said to have written it
	Author *Name // of one who is not known, or deleted, the id only, if that
	Hidden bool  // it is known that readers do not see the post

	author *node
}

// Name is how a user is called.
type Name struct {
	ID          string
	Username    string
	DisplayName string
}

// Look is an index that stands still for a reader who looks at many posts at once. It must be closed soon, and nothing else of
// the index be used meanwhile.
type Look struct {
	index  *Index
	reader *node // nil for one who follows nobody
}

// Look begins to look on behalf of a reader.
func (x *Index) Look(readerID string) Look {
	x.mu.RLock()
	return Look{x, x.nodes[readerID]}
}

// Close ends it.
func (l Look) Close() { l.index.mu.RUnlock() }

// Card returns what is known of a post. authorID is who is said to have written one of which nothing is known.
func (l Look) Card(postID, authorID string) (c Card) {
	if p := l.index.posts[postID]; p != nil {
		c.Post, c.Hidden, c.author = &p.Post, !p.seen(), p.author
	} else {
		c.Post = &Post{ID: postID, AuthorID: authorID}
		_, c.Hidden = l.index.removed[postID]
		c.author = l.index.nodes[authorID]
	}
	if a := c.author; a != nil && a.known && !a.gone {
		c.Author = a.named()
	} else {
		c.Author = &Name{ID: c.Post.AuthorID}
	}
	return c
}

// Follows reports whether the reader follows the author of a card.
func (l Look) Follows(c *Card) bool {
	return l.reader != nil && c.author != nil && l.index.edges[ends{l.reader, c.author}] != nil
}
