package devstack_test

import (
	"context"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// open connects the real client, as a program of the pipeline does.
func open(t *testing.T, stack *devstack.Stack, options ...func(*clickhouse.Options)) clickhouse.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN(stack.ClickHouseDSN())
	require.NoError(t, err)
	for _, option := range options {
		option(o)
	}
	conn, err := clickhouse.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func TestClickHouseAnswers(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	t.Logf("%+v", stack.Timings())
	conn := open(t, stack)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, conn.Ping(ctx))
	v, err := conn.ServerVersion()
	require.NoError(t, err)
	require.Equal(t, "26.5.1", v.Version.String())
}
