package clickhouse

import (
	"errors"

	"github.com/nova-social/nova-streams/internal/commits"
)

// Errors after which the sink stops for good, as after commits.ErrMetadata: going on would lose or repeat rows, so somebody
// has to decide.
var (
	// ErrOutsideLog says that records the sink has still to read are not in the topic (any more).
	ErrOutsideLog = errors.New("clickhouse: the log does not hold what has still to be read")
	// ErrOffsetGone says that the group has no offset for a partition of which the table holds rows.
	ErrOffsetGone = errors.New("clickhouse: no committed offset, but the table holds rows of the partition")
	// ErrRangeChanged says that an announced range cannot be written again as it was announced.
	ErrRangeChanged = errors.New("clickhouse: an announced range cannot be built again")
)

// Errors after which the member leaves the group and joins it again, beside those of commits.
var (
	// errBackwards says that records came that were read before.
	errBackwards = errors.New("clickhouse: the reader went back")
	// errSessionOver says that the partition was taken away or the sink is to stop.
	errSessionOver = errors.New("clickhouse: the partition is no longer ours")
)

// final reports whether the sink must stop.
func final(err error) bool {
	for _, f := range []error{ErrOutsideLog, ErrOffsetGone, ErrRangeChanged, commits.ErrMetadata} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
