// Package visibility says which posts readers do not see.
//
// It decides by what the application's database says of a post and of its author. What the database says nothing of is
// seen. It does no I/O.
package visibility

// Published is the status of a post that is seen.
const Published = "published"

// Post is what the database says of a post.
type Post struct {
	Deleted bool
	Status  string // empty where it is not known
}

// Author is what the database says of the user who wrote it.
type Author struct{ Deleted bool }

// Hidden reports whether readers do not see a post. Either may be nil: nothing is known.
func Hidden(post *Post, author *Author) bool {
	return post != nil && (post.Deleted || post.Status != "" && post.Status != Published) || author != nil && author.Deleted
}
