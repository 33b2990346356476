package realstack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/internal/connect"
)

func TestSmoke(t *testing.T) {
	began := time.Now()
	s := Start(t)
	t.Logf("ready after %.1f s", time.Since(began).Seconds())
	for _, format := range []string{"json"} {
		text, err := docker.Connector(format)
		require.NoError(t, err)
		c, err := connect.Parse(text)
		require.NoError(t, err)
		config := connect.DefaultConfig()
		config.ConnectURL = s.ConnectURL()
		client, err := connect.New(config)
		require.NoError(t, err)
		began = time.Now()
		outcome, err := client.Register(t.Context(), c)
		t.Logf("%s %s after %.1f s: %v", format, outcome, time.Since(began).Seconds(), err)
		require.NoError(t, err)
	}
}
