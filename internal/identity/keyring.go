package identity

import "time"

// keyring are the keys in force. It is not changed: new keys make a new one.
type keyring struct {
	keys    map[string]held // by kid
	fetched time.Time       // when the provider last said them; zero for never
}

// held is a key, since when it is no longer published; zero while it is.
type held struct {
	key
	gone time.Time
}

// with returns the ring after the provider has published keys. Those it no longer publishes stay for overlap.
func (r keyring) with(published []key, now time.Time, overlap time.Duration) keyring {
	next := keyring{keys: make(map[string]held, len(published)), fetched: now}
	for kid, old := range r.keys {
		if old.gone.IsZero() {
			old.gone = now
		}
		if now.Sub(old.gone) < overlap {
			next.keys[kid] = old
		}
	}
	for _, k := range published {
		next.keys[k.kid] = held{key: k}
	}
	return next
}

// find returns the key of a kid; without a kid the only key, if there is but one.
func (r keyring) find(kid string, now time.Time, overlap time.Duration) (key, bool) {
	if kid == "" {
		var only key
		n := 0
		for _, h := range r.keys {
			if h.good(now, overlap) {
				only, n = h.key, n+1
			}
		}
		return only, n == 1
	}
	h, ok := r.keys[kid]
	return h.key, ok && h.good(now, overlap)
}

// stale reports whether the ring must not be used any more.
func (r keyring) stale(now time.Time, most time.Duration) bool {
	return r.fetched.IsZero() || now.Sub(r.fetched) > most
}

func (h held) good(now time.Time, overlap time.Duration) bool {
	return h.gone.IsZero() || now.Sub(h.gone) < overlap
}
