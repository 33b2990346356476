package homefeed

import "iter"

// Page returns the places of the posts of the next page, of those that are left of a feed: rest says their places and authors,
// in their order. A page has at most limit posts, of which no more than Config.PerAuthor are of one author. What it has no room
// for comes first on the next. So every post is on exactly one page, and a page is short only where nothing but posts of its own
// authors is left. Posts whose author nobody knows are not limited.
func (c Config) Page(rest iter.Seq2[int, string], limit int) (places []int) {
	authors := map[string]int{}
	for place, author := range rest {
		if len(places) == limit {
			break
		}
		if author != "" && authors[author] == c.PerAuthor {
			continue
		}
		authors[author]++
		places = append(places, place)
	}
	return places
}
