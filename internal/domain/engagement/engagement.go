// Package engagement holds the arithmetic of counts, scores and sliding windows.
//
// It is pure: no clock, no I/O, no Kafka. Times are Unix milliseconds and arguments. It does not order posts
// (package ranking) and does not know how rows are stored (package schemas).
package engagement

import "fmt"

// Action is what a user did to a post.
type Action uint8

// The actions. The zero value is no action. The order is that of the Avro enum and must only grow.
const (
	None Action = iota
	View
	Impression
	Like
	Comment
	Share
)

var names = [...]string{"none", "view", "impression", "like", "comment", "share"}

// String returns the name producers use for the action.
func (a Action) String() string {
	if int(a) < len(names) {
		return names[a]
	}
	return fmt.Sprintf("action(%d)", uint8(a))
}

// ParseAction returns the action of that name, and false for any other text, "none" included.
func ParseAction(name string) (Action, bool) {
	for a := View; int(a) < len(names); a++ {
		if names[a] == name {
			return a, true
		}
	}
	return None, false
}

// Counts are numbers of engagements by action.
type Counts struct {
	Views       int64 `json:"views"`
	Impressions int64 `json:"impressions"`
	Likes       int64 `json:"likes"`
	Comments    int64 `json:"comments"`
	Shares      int64 `json:"shares"`
}

// Add adds delta to the count of a.
func (c *Counts) Add(a Action, delta int64) {
	switch a {
	case View:
		c.Views += delta
	case Impression:
		c.Impressions += delta
	case Like:
		c.Likes += delta
	case Comment:
		c.Comments += delta
	case Share:
		c.Shares += delta
	case None:
	}
}

// Plus returns the sum of c and d.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Views + d.Views, c.Impressions + d.Impressions, c.Likes + d.Likes, c.Comments + d.Comments, c.Shares + d.Shares}
}

// Weights are the worth of one engagement of each action, in tenths of a point.
type Weights struct {
	View       int64 `koanf:"view"`       // tenths of a point for a view
	Impression int64 `koanf:"impression"` // tenths of a point for an impression
	Like       int64 `koanf:"like"`       // tenths of a point for a like
	Comment    int64 `koanf:"comment"`    // tenths of a point for a comment
	Share      int64 `koanf:"share"`      // tenths of a point for a share
}

// DefaultWeights are: view 0.1, impression 0, like 2, comment 3, share 5 points.
func DefaultWeights() Weights {
	return Weights{View: 1, Impression: 0, Like: 20, Comment: 30, Share: 50}
}

// Score returns the score of c in tenths of a point.
func (w Weights) Score(c Counts) int64 {
	return w.View*c.Views + w.Impression*c.Impressions + w.Like*c.Likes + w.Comment*c.Comments + w.Share*c.Shares
}
