package trending

import "errors"

// The ways in which a page cannot be given.
var (
	ErrNotReady      = errors.New("trending: the table is still being read")           // before the first snapshot
	ErrBadCursor     = errors.New("trending: not a cursor of this list")               // altered, or never given out
	ErrCursorExpired = errors.New("trending: the list of this cursor is kept no more") // begin again without a cursor
)
