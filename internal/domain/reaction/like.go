package reaction

import "github.com/nova-social/nova-streams/internal/domain/change"

// Like is what is known of a user's like of a post. The zero value is nothing.
type Like struct {
	Liked    bool            `json:"liked"`     // counted as a like now
	At       int64           `json:"at"`        // Unix ms at which the last like was counted
	Decided  bool            `json:"decided"`   // the database has spoken
	Position change.Position `json:"position"`  // of its last word
	CommitMS int64           `json:"commit_ms"` // of that, Unix ms by the clock of the database; 0 if it was not said
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

// Database takes the database's word, committed at commitMS, that the user likes the post since at, or does not; Unix ms.
func (l *Like) Database(liked bool, p change.Position, commitMS, at int64) Effect {
	if l.Decided {
		if news, v := judge(p, !liked, l.Position, !l.Liked); !news {
			return Effect{Verdict: v}
		}
	}
	l.Decided, l.Position, l.CommitMS = true, p, commitMS
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

// Regressed reports whether the database's word at p, committed at commitMS, cannot be of the same log as its last one
// (change.Regressed).
func (l *Like) Regressed(p change.Position, commitMS, tolerance int64) bool {
	return l.Decided && l.CommitMS != 0 &&
		change.Regressed(&change.Row{Position: l.Position, CommitMS: l.CommitMS}, &change.Change{Position: p, CommitMS: commitMS}, tolerance)
}
