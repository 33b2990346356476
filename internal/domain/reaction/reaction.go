// Package reaction says what a user's like of a post and comments on it count for, when two sources tell of them: client
// events and the application's database.
//
// Likes. Before the database has said anything about a user and post, the first like of a client counts, once. From its
// first word on the database alone decides, and of its statements the one with the highest position does: a client's like
// that comes later says nothing.
//
// Comments. Each that has an id is one comment, whoever names it, and however often. Client events without an id are of
// comments that the database names and no client does, as far as there are any:
//
//	named by clients + max(events without an id, in the database and not named by clients) − deleted in the database
//
// The database's statement with the highest position says whether a comment is deleted; a delete says, too, that there was
// one. One that comes back under its id is the one it was.
//
// So counts depend on what was said, not on which source came first, nor on the order and the repeats of statements.
// The exception are comments beyond Kept on one post by one user. Then those with the smallest ids are known by their id.
// The others are kept as numbers, client events that name them as events without an id. Who counts numbers cannot tell a
// repeat: of each of these a client event, the create and the delete must come once, and a create before its delete.
//
// A +1 counts at the time of the statement that made it, and the −1 that takes it back at the same time, if that is still
// known. When a comment of the database stands for a client event, it has the time at which the longest waiting one was
// counted.
//
// It knows no topic and no clock, and does no I/O. It does not recognise client events that come twice.
package reaction

import "github.com/nova-social/nova-streams/internal/domain/change"

// Verdict is what a statement was to what is known.
type Verdict int

// The verdicts.
const (
	Counted   Verdict = iota // it changes the count
	Agreed                   // it changes what is known, not the count
	Repeated                 // it came before
	Older                    // a newer one of the same source came before
	Overruled                // a client's, and the database decides
)

// Effect is what comes of a statement.
type Effect struct {
	Verdict Verdict
	Delta   int32 // of the count: +1 or −1; 0 unless Counted
	At      int64 // Unix ms at which that counts; 0 for a −1 whose time is not known any more
}

func plus(at int64) Effect { return Effect{Counted, +1, at} }

func minus(at int64) Effect { return Effect{Counted, -1, at} }

// judge says whether a statement of the database at position p is news after one at position q, which said deleted or
// not. Of a delete and a create at one position the create counts, as in package change.
func judge(p change.Position, deletes bool, q change.Position, deleted bool) (news bool, v Verdict) {
	switch order := p.Compare(q); {
	case order > 0 || order == 0 && deleted && !deletes:
		return true, Agreed
	case order == 0:
		return false, Repeated
	default:
		return false, Older
	}
}
