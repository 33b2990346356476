package engagement

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Bucket holds the engagements of one stretch of event time.
type Bucket struct {
	Start  int64  `json:"start"` // Unix ms, a multiple of the bucket width in force when it was written
	Last   int64  `json:"last"`  // Unix ms of the latest engagement counted in it
	Counts Counts `json:"counts"`
}

// Window says how long engagements count towards trending and how finely that is remembered.
type Window struct {
	Length   time.Duration // how far back a reader looks
	Bucket   time.Duration // width of a bucket: a reader's window is exact to one width at its old edge
	Lateness time.Duration // how much older than Length an event may arrive and still be bucketed
}

// Validate names the first field that breaks its rule.
func (w Window) Validate() error {
	if w.Bucket < time.Millisecond || w.Bucket%time.Millisecond != 0 {
		return fmt.Errorf("window: bucket must be whole milliseconds, is %v", w.Bucket)
	}
	if w.Length < w.Bucket || w.Length%w.Bucket != 0 {
		return fmt.Errorf("window: length must be a multiple of bucket (%v), is %v", w.Bucket, w.Length)
	}
	if w.Lateness < 0 {
		return fmt.Errorf("window: lateness must not be negative, is %v", w.Lateness)
	}
	return nil
}

// Late reports whether an event of time at, appended to the log at root, is too old for a bucket.
func (w Window) Late(at, root int64) bool { return at < w.horizon(root) }

func (w Window) horizon(root int64) int64 { return root - (w.Length + w.Lateness).Milliseconds() }

// Add counts delta engagements of time at into buckets, which stay ascending and sparse, and returns them. root is the
// append time of the event's root record: buckets that no event of that root could still enter are dropped.
func (w Window) Add(buckets []Bucket, at, root int64, a Action, delta int64) []Bucket {
	width := w.Bucket.Milliseconds()
	start := at - mod(at, width)
	i, found := slices.BinarySearchFunc(buckets, start, func(b Bucket, s int64) int { return cmp.Compare(b.Start, s) })
	if !found {
		buckets = slices.Insert(buckets, i, Bucket{Start: start, Last: at})
	}
	b := &buckets[i]
	b.Last = max(b.Last, at)
	b.Counts.Add(a, delta)
	return w.prune(buckets, root)
}

func (w Window) prune(buckets []Bucket, root int64) []Bucket {
	horizon, n := w.horizon(root), 0
	for n < len(buckets) && buckets[n].Start+w.Bucket.Milliseconds() <= horizon {
		n++
	}
	return slices.Delete(buckets, 0, n)
}

// Sum returns what a reader at time now sees: the counts of the buckets that start within (now-Length, now], and the
// time of the latest engagement in them, 0 for none. The bucket that straddles the old edge is left out.
func (w Window) Sum(buckets []Bucket, now int64) (c Counts, last int64) {
	edge := now - w.Length.Milliseconds()
	for i := len(buckets) - 1; i >= 0 && buckets[i].Start > edge; i-- {
		if buckets[i].Start <= now {
			c = c.Plus(buckets[i].Counts)
			last = max(last, buckets[i].Last)
		}
	}
	return c, last
}

// mod is the remainder that is never negative.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
