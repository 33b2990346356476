package graph

// Touched returns the users whose suggestions may be others when a user follows somebody, or no longer does: the user, and
// who follows it.
func (g *Graph) Touched(user string) []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	u, known := g.numbers[user]
	if !known {
		return []string{user}
	}
	touched := make([]string, 0, 1+len(g.in[u]))
	touched = append(touched, user)
	for _, f := range g.in[u] {
		touched = append(touched, g.names[f])
	}
	return touched
}

// TouchedByGoing returns the users whose suggestions may be others when a user is deleted, or comes back: the user, who
// follows it, and who follows those.
func (g *Graph) TouchedByGoing(user string) []string {
	g.mu.RLock()
	defer g.mu.RUnlock()
	u, known := g.numbers[user]
	if !known {
		return []string{user}
	}
	marked := make([]bool, len(g.names))
	var touched []string
	mark := func(n int32) {
		if !marked[n] {
			marked[n] = true
			touched = append(touched, g.names[n])
		}
	}
	mark(u)
	for _, f := range g.in[u] {
		mark(f)
		for _, ff := range g.in[f] {
			mark(ff)
		}
	}
	return touched
}
