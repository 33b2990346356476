package schemas

// Text returns the text of a column, empty where it is null, not known, or not there.
func (r *EntityRow) Text(column string) string {
	value, _ := r.Columns.Get(column)
	text, _ := ColumnText(value)
	return text
}

// The rows of the tables, by what their columns are to readers.
type (
	// PostRow is a row of `posts-table`.
	PostRow struct{ *EntityRow }
	// UserRow is a row of `users-table`.
	UserRow struct{ *EntityRow }
	// FollowRow is a row of `follows-table`.
	FollowRow struct{ *EntityRow }
)

// Author returns the id of the user who wrote the post.
func (r PostRow) Author() string { return r.Text("user_id") }

// Caption returns what the author has written above the post; empty for nothing.
func (r PostRow) Caption() string { return r.Text("caption") }

// Status returns the status of the post, such as "published".
func (r PostRow) Status() string { return r.Text("status") }

// Gone reports whether the user is deleted: the row is, or says so.
func (r UserRow) Gone() bool { return r.Deleted || r.Text("deleted_at") != "" }

// Active reports whether the follow is in force: the row is there, and its status does not say else.
func (r FollowRow) Active() bool {
	status := r.Text("status")
	return !r.Deleted && (status == "" || status == "active")
}
