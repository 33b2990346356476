package topology

import "github.com/lovoo/goka"

// Consumer declares a consumer group that keeps something in Redis, at least once; not a goka group.
type Consumer struct {
	Group       string
	Input       goka.Stream
	Keys        string // what it changes in Redis
	DeadLetters goka.Stream
	Does        string
}

// The consumer groups that keep Redis.
const (
	Applier = "applier"
	Seen    = "seen"
)

// ApplierOfInvalidations declares `applier`.
func ApplierOfInvalidations() Consumer {
	return Consumer{Applier, CacheInvalidations, "feed:v1:*", CacheInvalidationsDLQ, "removes pages that are old"}
}

// SeenPosts declares `seen`.
func SeenPosts() Consumer {
	return Consumer{Seen, Activity, "feed:seen:*", ActivityDLQ, "notes what users have seen"}
}

// Consumers returns every consumer.
func Consumers() []Consumer { return []Consumer{ApplierOfInvalidations(), SeenPosts()} }
