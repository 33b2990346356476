// Package feed makes readers' home feeds: what is new from those they follow, and what is trending, in the order of
// internal/domain/homefeed.
//
//	feed.go       Feed: a page, from the cache or made
//	make.go       candidates, and what a page is made of
//	order.go      the order that readers page, cut into pages
//	cursor.go     what a cursor says
//	snapshots.go  orders that are paged
//	encoding.go   how pages and orders lie in Redis
//	show.go       a page is filled in as it is read
//	reactions.go  to what readers have reacted
//	seen.go       what readers have seen
//
// It does not read Kafka and serves no HTTP. Titles, names and counts are not kept: they are of the moment of reading. A page
// that is kept is removed when a post on it, whom the reader follows, or what those have written changes; what trends anew, what
// the reader has seen or reacted to since, and time alone show when it ends, after cache.PagesConfig.TTL and Jitter. Whoever
// pages by cursors sees each post of the first page's order that stays to be seen exactly once, whatever moves meanwhile.
//
// Redis away is no error: pages are made for each reader, nothing counts as seen, and cursors hold within the process.
package feed
