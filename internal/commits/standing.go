package commits

import (
	"maps"
	"slices"
	"sync"
)

// The states of a member of a group.
const (
	StateStarting = "starting" // not in the group yet, or again
	StateRunning  = "running"
	StateWaiting  = "waiting" // at least one partition tries again
	StateStopped  = "stopped" // it has ended as asked
	StateFailed   = "failed"  // it has ended with an error
)

// Standing is what a member of a group knows of how it is doing. The zero value is starting.
type Standing struct {
	mu       sync.Mutex
	state    string
	lastErr  string
	stuck    map[int32]string // partitions that try again, and what stands in their way
	failures int              // since any was stuck
}

// Now returns the state, and the last error: of the first partition that tries again, or why the group was left last; ""
// again after the next batch.
func (s *Standing) Now() (state, lastErr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, lastErr = s.state, s.lastErr
	switch {
	case state == "":
		state = StateStarting
	case state == StateRunning && len(s.stuck) > 0:
		state = StateWaiting
	}
	if stuck := slices.Sorted(maps.Keys(s.stuck)); len(stuck) > 0 {
		lastErr = s.stuck[stuck[0]]
	}
	return state, lastErr
}

// Joined books that the group was joined, and what was found there can be gone on from.
func (s *Standing) Joined() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = StateRunning
}

// Lost books that the group was left, and why; it is to be joined again.
func (s *Standing) Lost(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = StateStarting
	if err != nil {
		s.lastErr = err.Error()
	}
}

// Ended books the end; nil is one that was asked for.
func (s *Standing) Ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = StateStopped
	if err != nil {
		s.state, s.lastErr = StateFailed, err.Error()
	}
}

// Waiting books what a partition waits for, and reports whether nothing was waited for before.
func (s *Standing) Waiting(partition int32, err error) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stuck == nil {
		s.stuck = map[int32]string{}
	}
	s.stuck[partition] = err.Error()
	s.failures++
	return s.failures == 1
}

// Waits reports whether a partition waits.
func (s *Standing) Waits(partition int32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stuck[partition] != ""
}

// Waited books that a partition waits no longer. It returns how many failures there were if none waits any more.
func (s *Standing) Waited(partition int32) (failures int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.stuck, partition)
	if len(s.stuck) > 0 {
		return 0
	}
	failures, s.failures = s.failures, 0
	return failures
}

// Committed books a commit.
func (s *Standing) Committed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastErr = ""
}
