package reaction

import (
	"slices"
	"strings"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

// Kept is how many comments of one user on one post are known by their id, and how many times of client events without
// one: about 16 kB of a row at most, with ids like UUIDs.
const Kept = 256

// MaxID is the length in bytes up to which ids are kept: events have none that are longer.
const MaxID = 256

// Comments is what is known of a user's comments on a post. The zero value is nothing.
type Comments struct {
	Nameless int64     `json:"nameless"` // client events without an id, or with one that is not kept
	Unnamed  int64     `json:"unnamed"`  // comments in the database whose id is not kept
	Waiting  []int64   `json:"waiting"`  // Unix ms at which the newest events among Nameless were counted that no comment stands for
	Known    []Comment `json:"known"`    // ascending by id
}

// Comment is one that is known by its id.
type Comment struct {
	ID       string          `json:"id"`
	Named    bool            `json:"named"`    // by a client
	Created  bool            `json:"created"`  // in the database
	Deleted  bool            `json:"deleted"`  // there
	Position change.Position `json:"position"` // of the database's last word
	At       int64           `json:"at"`       // Unix ms at which it was counted, 0 if that is not known
}

// Client takes a client event, of time at, Unix ms, about the comment of that id, "" where the event has none.
func (c *Comments) Client(id string, at int64) Effect { return c.client(id, at, Kept) }

func (c *Comments) client(id string, at int64, limit int) Effect {
	if id == "" || c.beyond(id, limit) {
		return c.nameless(at)
	}
	i, found := c.find(id)
	if !found {
		c.Known = slices.Insert(c.Known, i, Comment{ID: strings.Clone(id), Named: true, At: at})
		return c.fit(i, plus(at), limit)
	}
	known := &c.Known[i]
	if known.Named {
		return Effect{Verdict: Repeated}
	}
	free := c.Nameless >= c.unnamed() // the event that it stood for is of another comment
	known.Named = true
	if !free {
		return Effect{Verdict: Agreed}
	}
	c.wait(at)
	return plus(at)
}

// nameless takes a client event of which no id is kept.
func (c *Comments) nameless(at int64) Effect {
	c.Nameless++
	if c.Nameless <= c.unnamed() {
		return Effect{Verdict: Agreed}
	}
	c.wait(at)
	return plus(at)
}

// Database takes the database's word at p that there is a comment, created at that time, Unix ms, or that it is deleted.
func (c *Comments) Database(id string, deleted bool, p change.Position, at int64) Effect {
	return c.database(id, deleted, p, at, Kept)
}

func (c *Comments) database(id string, deleted bool, p change.Position, at int64, limit int) Effect {
	if c.beyond(id, limit) {
		return c.numbered(deleted, at)
	}
	i, found := c.find(id)
	if !found {
		return c.found(i, Comment{ID: strings.Clone(id), Created: true, Deleted: deleted, Position: p}, at, limit)
	}
	known := &c.Known[i]
	if known.Created {
		if news, v := judge(p, deleted, known.Position, known.Deleted); !news {
			return Effect{Verdict: v}
		}
	}
	was := known.Deleted
	known.Created, known.Deleted, known.Position = true, deleted, p
	switch {
	case was == deleted:
		return Effect{Verdict: Agreed}
	case deleted:
		return minus(known.At)
	}
	known.At = at
	return plus(at)
}

// found takes a comment of which the database is the first to tell the id; i is its place.
func (c *Comments) found(i int, made Comment, at int64, limit int) Effect {
	var e Effect
	switch stands := c.Nameless > c.unnamed(); {
	case stands && made.Deleted:
		made.At = c.take()
		e = minus(made.At)
	case stands:
		made.At, e = c.take(), Effect{Verdict: Agreed}
	case made.Deleted:
		e = Effect{Verdict: Agreed}
	default:
		made.At, e = at, plus(at)
	}
	c.Known = slices.Insert(c.Known, i, made)
	return c.fit(i, e, limit)
}

// numbered takes the database's word on a comment whose id is not kept.
func (c *Comments) numbered(deleted bool, at int64) Effect {
	if deleted {
		return minus(0)
	}
	stands := c.Nameless > c.unnamed()
	if stands {
		c.take()
	}
	c.Unnamed++
	if stands {
		return Effect{Verdict: Agreed}
	}
	return plus(at)
}
