// Package timeline keeps what the application's database says of posts, users and follows in the order in which it is
// read: posts of an author, followers and followed users of a user, the newest first, with their numbers.
//
//	index.go     Index: rows in
//	node.go      a post, a user, an edge, and the lists they are in
//	reads.go     single answers
//	lists.go     pages
//	recent.go    what a reader's feed may hold of those it follows
//	cursor.go    what a cursor says
//	metrics.go   how much there is
//
// It does not read Kafka and serves no HTTP; what posts have been given is counted elsewhere. Suggestions have an index of
// their own, which is smaller and not ordered by time.
//
// The latest row of each id wins, rows may be given again, and rows of the three tables come in any order: after the same
// rows the answers are the same. Rows that a truncate has made worthless are to be given as deleted. Posts that are not to be seen (internal/domain/visibility) are neither listed nor
// counted; neither are deleted users, nor follows that are not active. A list that is paged by cursors shows each entry
// that was there all the time exactly once, whatever changes meanwhile.
package timeline
