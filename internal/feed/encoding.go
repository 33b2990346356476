package feed

import (
	"math"
	"strconv"

	"github.com/nova-social/nova-streams/internal/domain/homefeed"
	"github.com/nova-social/nova-streams/internal/jsonhand"
)

// encode writes a page as it lies in Redis, an order as one without a next: JSON, which operators can read.
func (p *page) encode() []byte {
	b := make([]byte, 0, 64+len(p.Next)+320*len(p.Posts))
	b = strconv.AppendInt(append(b, `{"as_of":`...), p.AsOf, 10)
	b = append(b, `,"posts":[`...)
	for i := range p.Posts {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.Posts[i].append(b)
	}
	b = append(b, ']')
	if p.Next != "" {
		b = jsonhand.Text(append(b, `,"next":`...), p.Next)
	}
	return append(b, '}')
}

func (e *entry) append(b []byte) []byte {
	b = jsonhand.Text(append(b, `{"id":`...), e.PostID)
	if e.AuthorID != "" {
		b = jsonhand.Text(append(b, `,"author":`...), e.AuthorID)
	}
	if e.Followed {
		b = append(b, `,"followed":true`...)
	}
	if e.Trending {
		b = append(b, `,"trending":true`...)
	}
	return append(append(append(b, ','), e.Worth...), '}')
}

// WorthOf writes Item.Worth, each number to six decimals: no reader has use for more, and digits hardly compress. It is written
// once, when the post is ranked, and then copied: it is read far more often.
func WorthOf(p homefeed.Parts) string {
	b := make([]byte, 0, 128)
	for i, value := range [...]float64{p.Score(), p.Freshness, p.Engagement, p.Affinity} {
		b = jsonhand.Number(append(b, worthNames[i]...), math.Round(value*1e6)/1e6)
	}
	return string(b)
}

// worthNames come before the numbers.
var worthNames = [...]string{`"score":`, `,"freshness":`, `,"engagement":`, `,"affinity":`}
