package engagement

import "time"

// DefaultWindow is one hour in buckets of 10 s, open to events up to 15 min older than the hour.
func DefaultWindow() Window {
	return Window{Length: time.Hour, Bucket: 10 * time.Second, Lateness: 15 * time.Minute}
}
