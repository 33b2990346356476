package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/jsonhand"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/trending"
)

// feedBody is a page, and who says what its posts have been counted. It writes itself: it is read often, and long.
type feedBody struct {
	page  feed.Page
	posts Posts
}

// Schema implements huma.SchemaProvider.
func (feedBody) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[feedPage](), true, "")
}

// appendJSON implements byHand: it writes what trending.Encode writes of feedPage.
func (f feedBody) appendJSON(b []byte) []byte {
	b = trending.AppendTime(append(b, `{"as_of":"`...), f.page.AsOf)
	b = append(b, `","items":[`...)
	for i := range f.page.Items {
		if i > 0 {
			b = append(b, ',')
		}
		stats, _ := f.posts.Stats(f.page.Items[i].Post.ID) // none is zero
		b = appendFeedItem(b, &f.page.Items[i], stats)
	}
	b = append(b, `],"next_cursor":`...)
	if f.page.Next == "" {
		return append(b, "null}\n"...)
	}
	return append(jsonhand.Text(b, f.page.Next), "}\n"...)
}

func appendFeedItem(b []byte, i *feed.Item, stats lifetime.Stats) []byte {
	b = jsonhand.Text(append(b, `{"post_id":`...), i.Post.ID)
	if i.Author.ID != "" {
		b = jsonhand.Text(append(b, `,"author":{"user_id":`...), i.Author.ID)
		b = jsonhand.Text(append(b, `,"username":`...), i.Author.Username)
		b = jsonhand.Text(append(b, `,"display_name":`...), i.Author.DisplayName)
		b = append(b, '}')
	}
	b = jsonhand.Text(append(b, `,"caption":`...), i.Post.Caption)
	b = appendMoment(append(b, `,"created_at":`...), i.Post.CreatedAt)
	b = appendCounts(append(b, `,"stats":{`...), stats)
	b = jsonhand.Text(append(b, `},"reason":{"kind":`...), string(i.Reason))
	b = append(append(b, ','), i.Worth...)
	return append(b, "}}"...)
}
