package app

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestDatabase_is_what_the_groups_have_counted(t *testing.T) {
	registry, now := prometheus.NewRegistry(), time.UnixMilli(1_800_000_000_000)
	metrics := newDatabaseMetrics(registry, func() time.Time { return now })
	group := &entities.Group{Config: entities.DefaultConfig(), Metrics: metrics.applied}
	b := processorstest.New(t, topology.EntityGroups(processorstest.Codecs(t))[0], group.On)
	posts := func(lsn int64, op schemas.ChangeOp) *schemas.Change {
		return &schemas.Change{Table: "posts", ID: "p", Op: op, Position: change.Position{LSN: lsn}, CommitMS: now.UnixMilli() - 250*lsn}
	}
	require.Equal(t, schemas.Applied, b.In("p", now, posts(1, schemas.ChangeUpsert)))
	require.Equal(t, schemas.Applied, b.In("p", now, posts(3, schemas.ChangeDelete)))
	require.Equal(t, schemas.Skipped, b.In("p", now, posts(2, schemas.ChangeUpsert)))
	metrics.read.Count("posts", "create")
	metrics.read.Count("posts", "create")
	metrics.read.Count("likes", "tombstone")
	tables, err := tableChanges(metrics.registry)
	require.NoError(t, err)
	require.Equal(t, []api.TableChanges{
		{Table: "likes", Events: map[string]int64{"tombstone": 1}, Changes: map[string]int64{}},
		{Table: "posts", Events: map[string]int64{"create": 2}, Changes: map[string]int64{"applied": 2, "older": 1}, LagSeconds: 0.75},
	}, tables)
	all, err := registry.Gather()
	require.NoError(t, err)
	require.Len(t, all, 5, "they are among the metrics of the process, too")
}
