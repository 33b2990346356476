package chaos

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// cachedPage is a page of a feed as it lies in Redis, as far as we look at it.
type cachedPage struct {
	AsOf  int64         `json:"as_of"`
	Posts []cachedEntry `json:"posts"`
}

type cachedEntry struct {
	ID         string  `json:"id"`
	Followed   bool    `json:"followed"`
	Freshness  float64 `json:"freshness"`
	Engagement float64 `json:"engagement"`
	Affinity   float64 `json:"affinity"`
}

// rounding is what a sum of numbers to six decimals may be off by.
const rounding = 2e-6

// stale says what is wrong with a page of limit posts, at most, since before a moment; nothing for a page that may be
// there.
//
//   - A post must not be there that is hidden or of a deleted user, nor as one of a followee's, or of somebody else's, if that is
//     not so.
//   - A post must not be there for a score that has grown by the share that is told, or more, since: the score that was told last
//     before the page was made is that on the page at most, so this growth was told, and by a row that its maker had not read.
//   - A post of a followee must be there that is worth more than the last one of a full page by its freshness alone: how much more
//     its score made it is not known, as the scores of posts that are not on a page do not remove it.
func (m *tables) stale(reader string, p cachedPage, limit int, before time.Time) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var wrong []string
	there, last := map[string]bool{}, math.Inf(-1)
	for _, e := range p.Posts {
		there[e.ID] = true
		if len(p.Posts) == limit {
			last = e.Freshness + e.Engagement + e.Affinity // they are in this order
		}
		if why := m.wrongEntry(reader, e, before); why != "" {
			wrong = append(wrong, e.ID+", "+why)
		}
	}
	if gone := m.gone[reader]; gone != nil && !gone.settled(false, before) { // who is deleted follows nobody
		return wrong
	}
	for author, f := range m.follows[reader] {
		if author == reader || !f.settled(true, before) || m.gone[author] != nil && !m.gone[author].settled(false, before) {
			continue
		}
		for _, of := range slices.Backward(m.written[author]) {
			if m.freshness(of.created, p.AsOf) <= last+rounding {
				break
			}
			if of.visible.settled(true, before) && !there[of.id] {
				wrong = append(wrong, fmt.Sprintf("without %s of %s, there for %v", of.id, author, time.Since(of.visible.since)))
			}
		}
	}
	return wrong
}

// wrongEntry says why a post must not be there as it is, "" if it may.
func (m *tables) wrongEntry(reader string, e cachedEntry, before time.Time) string {
	of := m.posts[e.ID]
	if of == nil { // who made the page has read more than we
		return ""
	}
	follow, gone := m.follows[reader][of.author], m.gone[reader]
	switch {
	case of.visible.settled(false, before):
		return fmt.Sprintf("hidden %v ago", time.Since(of.visible.since))
	case m.gone[of.author].settled(true, before):
		return fmt.Sprintf("of a user deleted %v ago", time.Since(m.gone[of.author].since))
	case e.Followed && follow.settled(false, before):
		return fmt.Sprintf("of a followee no more for %v", time.Since(follow.since))
	case e.Followed && gone.settled(true, before):
		return fmt.Sprintf("followed by who was deleted %v ago", time.Since(gone.since))
	case !e.Followed && follow.settled(true, before) && gone.settled(false, before):
		return fmt.Sprintf("not as a followee's, which it is for %v", time.Since(follow.since))
	}
	score := m.scoreOn(e)
	now := m.scoreBefore(e.ID, before)
	if grown := now.score - score; grown > 0 && float64(grown) >= m.share*float64(score) {
		return fmt.Sprintf("worth %d, not %d, for %v", now.score, score, time.Since(now.since))
	}
	return ""
}

// scoreBefore is the score of a post as the table said before a moment.
func (m *tables) scoreBefore(id string, before time.Time) worth {
	for _, w := range slices.Backward(m.scores[id]) {
		if w.since.Before(before) {
			return w
		}
	}
	return worth{}
}

// freshness is what a post is worth for its age alone.
func (m *tables) freshness(created, asOf int64) float64 {
	return m.rank.Freshness * math.Exp2(-float64(asOf-created)/float64(m.rank.HalfLife.Milliseconds()))
}

// scoreOn is the score from which the engagement of an entry is: s / (s + half_score) of its weight.
func (m *tables) scoreOn(e cachedEntry) int64 {
	return int64(math.Round(e.Engagement * float64(m.rank.HalfScore) / (m.rank.Engagement - e.Engagement)))
}
