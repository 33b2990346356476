package clickhouse

import (
	"context"

	"github.com/nova-social/nova-streams/internal/commits"
)

// membership is the ledger of one partition, for one member in one generation.
type membership struct {
	offsets   *commits.Coordinator
	member    commits.Member
	partition int32
}

func (m *membership) commit(ctx context.Context, at checkpoint) error {
	return m.offsets.Commit(ctx, m.member, m.partition, commits.Checkpoint{Next: at.next, Meta: at.meta})
}
