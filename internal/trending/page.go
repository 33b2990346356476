package trending

import (
	"encoding/json"
	"io"
	"strconv"
	"time"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/ranking"
)

// Limits of a page, in items.
const (
	DefaultLimit = 20
	MaxLimit     = 100
)

// Page is a stretch of the list as readers get it.
type Page struct {
	AsOf       string  `json:"as_of" format:"date-time" doc:"Moment for which the list is right, RFC 3339, UTC, milliseconds"`
	Window     string  `json:"window" example:"1h" doc:"How far back engagements count"`
	Items      []Item  `json:"items" nullable:"false" doc:"Posts from the top, by score, then latest engagement, then id"`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null at the end of the list"`
}

// NewPage returns the page that holds the whole of a list that was made elsewhere. asOf is Unix ms, the items are from the top.
func NewPage(asOf int64, window time.Duration, items []ranking.Item) Page {
	return newSnapshot(asOf, window, items).Page(0, len(items))
}

// Item is one post of a page. Counts are those within the window.
type Item struct {
	Rank        int    `json:"rank" minimum:"1" doc:"Place in the list, from 1"`
	PostID      string `json:"post_id"`
	Score       Points `json:"score" doc:"Points, one decimal" example:"18.4"`
	Views       int64  `json:"views"`
	Impressions int64  `json:"impressions"`
	Likes       int64  `json:"likes"`
	Comments    int64  `json:"comments"`
	Shares      int64  `json:"shares"`
}

// Points is a score in tenths of a point; in JSON a number of points with one decimal.
type Points int64

// MarshalJSON writes 184 as 18.4.
func (p Points) MarshalJSON() ([]byte, error) {
	sign, tenths := "", int64(p)
	if tenths < 0 {
		sign, tenths = "-", -tenths
	}
	return []byte(sign + strconv.FormatInt(tenths/10, 10) + "." + strconv.FormatInt(tenths%10, 10)), nil
}

// Encode writes v as the JSON that all readers get: one line, with its end.
func Encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func newItem(rank int, postID string, score int64, c engagement.Counts) Item {
	return Item{rank, postID, Points(score), c.Views, c.Impressions, c.Likes, c.Comments, c.Shares}
}
