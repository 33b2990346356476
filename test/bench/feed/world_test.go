package feed

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

// The world, the same in all processes. Who writes, follows, is followed and reacts is drawn by power laws.
const (
	users     = 20_000
	posts     = 100_000
	scored    = posts / 10
	follows   = 25 * users
	reactions = 10 * users
	now       = int64(1_420_074_000_000) // Unix ms
	hour      = int64(3_600_000)
	past      = 7 * 24 * hour // the age of the oldest post
)

func userID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012x", n) }
func postID(n int) string { return fmt.Sprintf("00000000-0000-4000-9000-%012x", n) }

// draw returns one of n numbers, the lower the likelier, and the more so the higher the power.
func draw(r *rand.Rand, n, power int) int {
	x := 1.0
	for range power {
		x *= r.Float64()
	}
	return int(float64(n) * x)
}

// edges are who follows whom, as follower and followee.
func edges() [][2]int {
	r := rand.New(rand.NewPCG(1, 1))
	known := make(map[[2]int]bool, follows)
	all := make([][2]int, 0, follows)
	for len(all) < follows {
		e := [2]int{draw(r, users, 2), draw(r, users, 3)}
		if e[0] != e[1] && !known[e] {
			known[e] = true
			all = append(all, e)
		}
	}
	return all
}

// drawReaders returns readers at random, of those who follow somebody and have their pages kept.
func drawReaders(n int) []int {
	followees := map[int]int{}
	for _, e := range edges() {
		followees[e[0]]++
	}
	var chosen []int
	for _, id := range rand.New(rand.NewPCG(2, 2)).Perm(users) {
		if count := followees[id]; count > 0 && count <= 2_000 && len(chosen) < n {
			chosen = append(chosen, id)
		}
	}
	return chosen
}

// world is what the views have read.
type world struct {
	lists     *timeline.Index
	board     *trending.Board
	reactions *feed.Reactions
	counts    *lifetime.Index
}

func row(columns map[string]string) *schemas.EntityRow {
	quoted := make(map[string]string, len(columns))
	for name, text := range columns {
		quoted[name] = strconv.Quote(text)
	}
	return &schemas.EntityRow{Row: change.Row{Columns: change.ColumnsOf(quoted)}}
}

func newWorld() *world {
	w := &world{
		lists: timeline.New(), board: trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil),
		reactions: feed.NewReactions(feed.DefaultConfig()), counts: lifetime.New(),
	}
	r := rand.New(rand.NewPCG(3, 3))
	at := func(age int64) string { return time.UnixMilli(now - r.Int64N(age)).UTC().Format(time.RFC3339Nano) }
	for n := range users {
		w.lists.UpdateUser(userID(n), row(map[string]string{"username": fmt.Sprintf("user_%05d", n), "display_name": fmt.Sprintf("User number %d", n)}))
	}
	for n := range posts {
		w.lists.UpdatePost(postID(n), row(map[string]string{
			"user_id": userID(draw(r, users, 2)), "status": "published", "created_at": at(past),
			"caption": fmt.Sprintf("Post number %d, with a caption of some sixty characters.", n),
		}))
	}
	for _, e := range edges() {
		w.lists.UpdateFollow(schemas.NaturalID(userID(e[0]), userID(e[1])), row(map[string]string{"status": "active", "created_at": at(52 * past)}))
	}
	for _, n := range r.Perm(posts)[:scored] {
		w.score(postID(n), draw(r, 60, 2))
	}
	for range reactions {
		name := schemas.NaturalID(userID(draw(r, users, 2)), postID(r.IntN(posts)))
		w.reactions.Update(name, &schemas.ReactionRow{Like: reaction.Like{Liked: true, At: now - r.Int64N(past)}}, now)
	}
	w.board.Hide(w.lists.Hidden)
	w.board.Refresh(now)
	return w
}

// score gives a post engagements in that many of the last minutes, and before.
func (w *world) score(id string, minutes int) {
	before := engagement.Counts{Views: 900, Impressions: 4_000, Likes: 80, Comments: 9, Shares: 3}
	s := &schemas.ScoreRow{Lifetime: before, LastEngagement: now - 2*hour}
	for m := range int64(minutes) {
		start := now - (int64(minutes)-m)*60_000
		b := engagement.Bucket{Start: start, Last: start + 4_000, Counts: engagement.Counts{Views: 1 + m%7, Impressions: 9, Likes: m % 2}}
		s.Buckets, s.LastEngagement, s.Lifetime = append(s.Buckets, b), b.Last, s.Lifetime.Plus(b.Counts)
	}
	w.board.Update(id, s)
	w.counts.Update(id, s)
}
