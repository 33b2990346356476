package chaos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

func TestKills_leave_every_count_exact(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute: make chaos")
	}
	kills := int(envInt(t, "KILLS", 20))
	out := run(t, kills, streams.Controls{})
	require.Zero(t, out.wrong, "of %d posts", len(out.truth.posts))
	require.Equal(t, out.truth.rows, out.rows, "rows in ClickHouse")
	require.Equal(t, out.truth.rows, out.accounting[topology.PostEventsSink].Applied)
	require.Positive(t, out.replays)
	require.GreaterOrEqual(t, out.hits, min(5, kills), "too few kills fell between an output and its commit")
}

// The same with a rule switched off must go wrong: else the test above proves nothing.
func TestControls_go_wrong(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute: make chaos")
	}
	for name, c := range map[string]streams.Controls{
		"origins ignored": {IgnoreOrigins: true},
		"rows first":      {RowsFirst: true},
	} {
		t.Run(name, func(t *testing.T) {
			out := run(t, 6, c)
			require.Positive(t, out.wrong)
		})
	}
}
