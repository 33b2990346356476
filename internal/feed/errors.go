package feed

import "errors"

// Why a page cannot be given.
var (
	ErrNotReady      = errors.New("feed: the tables are still being read")
	ErrBadCursor     = errors.New("feed: not a cursor of this reader")              // altered, or never given out
	ErrCursorExpired = errors.New("feed: the order of this cursor is kept no more") // begin again without a cursor
	ErrAway          = errors.New("feed: what was seen cannot be noted now")
)
