package session

import "time"

// DefaultRule ends a session after half an hour without an event, as is common, and remembers sessions for a day.
func DefaultRule() Rule { return Rule{Gap: 30 * time.Minute, Keep: 24 * time.Hour} }
