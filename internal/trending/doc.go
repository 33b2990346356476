// Package trending keeps the trending list: it owns the ranking of posts, sorts it again on every tick of the clock,
// and hands each snapshot to those who show it. The HTTP API and the Redis cache encode the same Page with the same
// Encode, so both say the same bytes.
//
//	board.go     Board: rows in, snapshots out
//	snapshot.go  Snapshot: the list at one moment, and its pages
//	cursor.go    what a cursor says
//	page.go      the JSON of a page
//
// It does not read Kafka, serve HTTP or write Redis. It gives no delivery guarantee: the latest row of each post wins,
// rows may be given again, and a subscriber that is slow sees the latest snapshot, not each one.
package trending
