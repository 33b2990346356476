package feed

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
)

// Deps are what feeds are made of and kept in.
type Deps struct {
	Lists     *timeline.Index
	Trending  *trending.Board
	Reactions *Reactions
	Pages     *cache.Pages
	Seen      *cache.Seen
	Snapshots *cache.Snapshots
	Ready     func() bool       // whether all tables have been read up to their ends
	Read      func() cache.Read // how far they had been read for what is above, at least
	Now       func() time.Time
	Metrics   *Metrics // may be nil
}

// Feed makes pages. Its methods may be called from several goroutines at once.
type Feed struct {
	Deps
	cfg       Config
	snapshots *snapshots
}

// New returns feeds. The configuration must be valid.
func New(cfg Config, d Deps) (*Feed, error) {
	kept, err := newSnapshots(cfg, d)
	if err != nil {
		return nil, err
	}
	return &Feed{d, cfg, kept}, nil
}

// Request asks for a page of a reader's feed: that after a cursor, or else the one from an offset on.
type Request struct {
	ReaderID string
	Cursor   string // Page.Next of another page
	Offset   int    // posts of the pages before
	Limit    int    // posts at most, at least 1
}

// Ready reports whether Page can answer.
func (f *Feed) Ready() bool { return f.Deps.Ready() && f.Trending.Snapshot() != nil }

// Page returns a page. It may be shorter than the limit where it is not the last: only Next tells. Of a reader of whom
// nothing is known it is what is trending. It fails with ErrNotReady, ErrBadCursor, ErrCursorExpired, or with that of ctx.
func (f *Feed) Page(ctx context.Context, r Request) (Page, error) {
	ctx = cache.Limited(ctx, f.cfg.RedisTimeout)
	switch {
	case !f.Ready():
		return Page{}, ErrNotReady
	case r.Cursor != "":
		p, err := f.next(ctx, r)
		if errors.Is(err, ErrCursorExpired) { // the page that has the cursor may be there yet, for who begins again
			_ = f.Pages.Forget(ctx, cache.Part{Scope: cache.UserScope, ID: r.ReaderID}) // Redis away, there is none
		}
		if err != nil {
			return Page{}, err
		}
		return f.show(r.ReaderID, p), nil
	case r.Offset >= f.cfg.Depth:
		return Page{AsOf: f.Now().UnixMilli(), Items: []Item{}}, nil
	}
	text, err := f.cached(ctx, r)
	if err != nil {
		return Page{}, err
	}
	p := decodePage(text)
	if p == nil { // somebody else's: it ends sometime
		made, err := f.make(ctx, r)
		if err != nil {
			return Page{}, err
		}
		p = decodePage(made.Page)
	}
	return f.show(r.ReaderID, p), nil
}

// maxFollowees is how many a page may be made of: it is stored together with each of them. Pages of those who follow more
// are made each time.
const maxFollowees = 2_000

func (f *Feed) cached(ctx context.Context, r Request) ([]byte, error) {
	if f.Lists.Followees(r.ReaderID) > maxFollowees {
		made, err := f.make(ctx, r)
		return made.Page, err
	}
	key := "feed:v1:" + r.ReaderID + ":" + strconv.Itoa(r.Offset) + ":" + strconv.Itoa(r.Limit)
	return f.Pages.Page(ctx, key, func(ctx context.Context) (cache.Made, error) { return f.make(ctx, r) })
}

// next returns the page after a cursor.
func (f *Feed) next(ctx context.Context, r Request) (*page, error) {
	c, err := parseCursor(r.Cursor, r.ReaderID)
	if err != nil {
		return nil, err
	}
	o, err := f.snapshots.get(ctx, r.ReaderID, c.snapshot)
	if err != nil {
		return nil, err
	}
	shown, err := c.shown(len(o.Posts))
	if err != nil {
		return nil, err
	}
	return o.page(f.cfg.Config, r, c.snapshot, shown), nil
}
