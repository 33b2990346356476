package engagement

import "time"

// DefaultWindow is one hour in buckets of 5 s, open to events up to 15 min older than the hour. 5 s is the widest
// bucket whose top 50 agrees by more than 99.5 % on average with a window that slides by the millisecond (measured by
// TestBucketWidth of package ranking); a row grows by 7 % against buckets of a minute.
func DefaultWindow() Window {
	return Window{Length: time.Hour, Bucket: 5 * time.Second, Lateness: 15 * time.Minute}
}
