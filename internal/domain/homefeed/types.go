package homefeed

// FeedRankingRequest asks for the feed of a reader as of a moment.
type FeedRankingRequest struct {
	ReaderID   string
	Now        int64 // Unix ms
	Candidates []PostCandidate
	Seen       map[string]bool // by post id: what the reader has seen lately
	Reactions  map[string]int  // by author id: how often the reader has reacted to the author lately
}

// PostCandidate is a post that may be worth showing. One that is found in several ways is a candidate several times.
type PostCandidate struct {
	PostID    string
	AuthorID  string // empty where nothing says who wrote it
	CreatedAt int64  // Unix ms; 0 where nothing says when
	Score     int64  // in the trending window, in tenths of a point
	Reason    Reason
	Hidden    bool // deleted, not published, or of a deleted author
}

// Reason says how a post came to be a candidate.
type Reason string

// The reasons, the stronger first: a post that is a candidate for both has the first.
const (
	Followed Reason = "followed" // the reader follows its author
	Trending Reason = "trending"
)

// RankedPost is a post of a feed, and why it stands where it does.
type RankedPost struct {
	PostID   string
	AuthorID string
	Reason   Reason
	Parts
}

// Parts are what a post's score is the sum of, each from 0 to its weight.
type Parts struct {
	Freshness  float64
	Engagement float64
	Affinity   float64
}

// Score is what a post is worth to a reader.
func (p Parts) Score() float64 { return p.Freshness + p.Engagement + p.Affinity }

// FeedResponse is the whole feed of a reader, best first.
type FeedResponse struct {
	AsOf    int64 // Unix ms
	Posts   []RankedPost
	Metrics FeedMetrics
}

// FeedMetrics says what became of the candidates: Candidates is the sum of the others.
type FeedMetrics struct {
	Candidates int
	Ranked     int
	Repeated   int // a candidate in another way as well
	Own        int
	Seen       int
	Hidden     int
	Future     int // created after now: a time that promises freshness for long is not believed
	Cut        int // beyond Config.Depth
}
