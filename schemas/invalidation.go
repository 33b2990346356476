package schemas

// InvalidationScope is a kind of thing that caches hold what was made of it.
type InvalidationScope string

// The scopes.
const (
	InvalidPost   InvalidationScope = "post"
	InvalidAuthor InvalidationScope = "author" // all that a user has written
	InvalidUser   InvalidationScope = "user"
	InvalidFollow InvalidationScope = "follow" // whom a user follows
)

// InvalidationReason is why something is old.
type InvalidationReason string

// The reasons.
const (
	InvalidCreated    InvalidationReason = "created"
	InvalidChanged    InvalidationReason = "changed"
	InvalidDeleted    InvalidationReason = "deleted"
	InvalidFollowed   InvalidationReason = "followed"
	InvalidUnfollowed InvalidationReason = "unfollowed"
	InvalidScore      InvalidationReason = "score" // the post is worth considerably more or less
)

// CacheInvalidation says that what was made of something before is old. Table, partition and offset name the row that has
// changed it, and so the record that this one was derived from: it needs no origin besides.
type CacheInvalidation struct {
	Scope     InvalidationScope  `avro:"scope"`
	ID        string             `avro:"id"` // of the post or user
	Reason    InvalidationReason `avro:"reason"`
	Table     string             `avro:"table"`      // changelog topic, without prefix
	Partition int32              `avro:"partition"`  // of it
	Offset    int64              `avro:"offset"`     // in it
	EventTime int64              `avro:"event_time"` // Unix ms at which it happened
}

// Key is scope:id. It names what is old; messages of one key come in the order of their tables' changelogs.
func (i *CacheInvalidation) Key() string { return string(i.Scope) + ":" + i.ID }
