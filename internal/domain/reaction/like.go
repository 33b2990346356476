package reaction

import "github.com/nova-social/nova-streams/internal/domain/change"

// Like is what is known of a user's like of a post. The zero value is nothing.
type Like struct {
	Liked    bool            `json:"liked"`    // counted as a like now
	At       int64           `json:"at"`       // Unix ms at which the last like was counted
	Decided  bool            `json:"decided"`  // the database has spoken
	Position change.Position `json:"position"` // of its last word
}

// Client takes a like of a client, of time at, Unix ms.
func (l *Like) Client(at int64) Effect {
	switch {
	case l.Decided:
		return Effect{Verdict: Overruled}
	case l.Liked:
		return Effect{Verdict: Repeated}
	}
	l.Liked, l.At = true, at
	return plus(at)
}

// Database takes the database's word that the user likes the post since at, Unix ms, or does not.
func (l *Like) Database(liked bool, p change.Position, at int64) Effect {
	if l.Decided {
		if news, v := judge(p, !liked, l.Position, !l.Liked); !news {
			return Effect{Verdict: v}
		}
	}
	l.Decided, l.Position = true, p
	if liked == l.Liked {
		return Effect{Verdict: Agreed}
	}
	l.Liked = liked
	if !liked {
		return minus(l.At)
	}
	l.At = at
	return plus(at)
}
