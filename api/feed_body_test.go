package api

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
)

// byReflection is the page that a body writes by hand. What a post was worth must be the other members of its reason.
func (f feedBody) byReflection(t require.TestingT) feedPage {
	page := feedPage{AsOf: trending.FormatTime(f.page.AsOf), Items: make([]feedItem, len(f.page.Items))}
	for n, i := range f.page.Items {
		stats, _ := f.posts.Stats(i.Post.ID)
		page.Items[n] = feedItem{
			PostID: i.Post.ID, Caption: i.Post.Caption, CreatedAt: moment(i.Post.CreatedAt), Stats: countsOf(stats),
			Reason: feedReason{Kind: string(i.Reason)},
		}
		worth := json.NewDecoder(strings.NewReader("{" + i.Worth + "}"))
		worth.DisallowUnknownFields()
		require.NoError(t, worth.Decode(&page.Items[n].Reason))
		if i.Author.ID != "" {
			page.Items[n].Author = &feedAuthor{i.Author.ID, i.Author.Username, i.Author.DisplayName}
		}
	}
	if f.page.Next != "" {
		page.NextCursor = &f.page.Next
	}
	return page
}

// TestFeed_body is written by hand as reflection would write it.
func TestFeed_body(t *testing.T) {
	text, number := rapid.String(), rapid.Float64Range(0, 1e300)
	moments := rapid.Int64Range(0, 253_402_300_799_999) // years of four digits
	items := rapid.Custom(func(t *rapid.T) feed.Item {
		return feed.Item{
			Post:   &timeline.Post{ID: text.Draw(t, "post"), Caption: text.Draw(t, "caption"), CreatedAt: moments.Draw(t, "created")},
			Author: &timeline.Name{ID: text.Draw(t, "author"), Username: text.Draw(t, "username"), DisplayName: text.Draw(t, "name")},
			Reason: rapid.SampledFrom([]homefeed.Reason{homefeed.Followed, homefeed.Trending}).Draw(t, "reason"),
			Worth:  feed.WorthOf(homefeed.Parts{Freshness: number.Draw(t, "freshness"), Engagement: number.Draw(t, "engagement"), Affinity: number.Draw(t, "affinity")}),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		counted := &fakePosts{rows: map[string]lifetime.Stats{}}
		body := feedBody{posts: counted, page: feed.Page{AsOf: moments.Draw(t, "as of"), Items: rapid.SliceOfN(items, 0, 3).Draw(t, "items"), Next: text.Draw(t, "next")}}
		for _, i := range body.page.Items {
			if rapid.Bool().Draw(t, "counted") {
				counted.rows[i.Post.ID] = lifetime.Stats{
					Counts:         engagement.Counts{Views: rapid.Int64().Draw(t, "views"), Likes: rapid.Int64().Draw(t, "likes"), Shares: rapid.Int64().Draw(t, "shares")},
					LastEngagement: moments.Draw(t, "last"),
				}
			}
		}
		var want, got bytes.Buffer
		require.NoError(t, trending.Encode(&want, body.byReflection(t)))
		require.NoError(t, encode(&got, body))
		require.Equal(t, want.String(), got.String())
	})
}
