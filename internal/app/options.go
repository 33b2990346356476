package app

import (
	"fmt"
	"slices"

	"github.com/nova-social/nova-streams/internal/jobs"
)

// Role is a part of the program that can run by itself.
type Role string

// The roles.
const (
	Processors Role = "processors" // the goka groups
	Sinks      Role = "sinks"      // what writes ClickHouse
	API        Role = "api"        // HTTP, the page, the Redis keys
	Applier    Role = "applier"    // what removes old pages from Redis
	Seen       Role = "seen"       // what notes in Redis what users have seen
	Jobs       Role = "jobs"       // named periodic work
)

// Roles are all roles.
var Roles = []Role{Processors, Sinks, API, Applier, Seen, Jobs}

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fmt.Errorf("no role is named %q; the roles are %v", name, Roles)
}

// Options are what tests and the demo add to the configuration.
type Options struct {
	Version string
	Groups  []string // goka groups, sinks and consumers to run, of those the roles have; nil for all
	// Jobs reads what the configuration says of named jobs now; nil where that does not change.
	Jobs func() (jobs.Specs, error)
}

// wants reports whether a group is to run.
func (o Options) wants(group string) bool { return o.Groups == nil || slices.Contains(o.Groups, group) }

// ParseGroup returns name if a goka group, a sink or a consumer has it.
func ParseGroup(name string) (string, error) {
	var all []string
	for _, in := range inputs() {
		all = append(all, in.Group)
	}
	if slices.Contains(all, name) {
		return name, nil
	}
	return "", fmt.Errorf("no group is named %q; the groups are %v", name, all)
}
