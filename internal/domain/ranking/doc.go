// Package ranking orders posts by what happened to them within a sliding window.
//
// An Index holds the buckets of the posts that have something in the window, and answers the top k at a moment. The
// answer is exact for that moment whether or not anything arrived since the last one: it is the clock that lets
// buckets in and out.
//
// It is pure: no clock, no I/O, no Kafka; times are Unix milliseconds and arguments. It does not keep lifetime counts,
// titles or snapshots (package trending does the latter). It gives no delivery guarantee: it holds the last row it was
// given of each post, so rows may be given again.
package ranking
