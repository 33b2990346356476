// Package streamstest reads group tables for tests.
package streamstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// ReadTable returns the rows of a table, as any other program would see them: through a view of its own.
func ReadTable(tb testing.TB, cfg streams.Config, table string, codec schemas.RowCodec) map[string]schemas.Row {
	tb.Helper()
	v, err := streams.NewView(cfg, table, codec, nil)
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	require.Eventually(tb, v.Recovered, 30*time.Second, 10*time.Millisecond, "never recovered")
	cancel()
	require.NoError(tb, <-done)
	rows := map[string]schemas.Row{}
	v.Each(func(key string, row schemas.Row) bool {
		rows[key] = row
		return true
	})
	return rows
}
