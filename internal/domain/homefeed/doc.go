// Package homefeed decides what a reader's home feed holds and in which order.
//
//	types.go    FeedRankingRequest, PostCandidate, RankedPost, FeedResponse, FeedMetrics
//	config.go   the weights, and how fast each part saturates
//	score.go    what a post is worth to a reader
//	rank.go     Rank: who is left out, and the order of the rest
//	pages.go    Pages: the order cut into pages, with a limit on each author
//
// It is pure: no clock, no I/O; times are Unix milliseconds and arguments. The same request gives the same answer, on
// any machine. It does not find candidates, keep pages or fill in titles and counts.
package homefeed
