package app

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
)

// What a process says of partitions it has is added; what it says of others, or of a cluster it is not in, is not.
func TestAddLocal_adds_what_the_owner_says(t *testing.T) {
	local := api.Status{Groups: []api.Group{{Group: "dedup", Instance: "a", Partitions: []api.Partition{
		{Partition: 0, Owner: "a", State: api.Recovering, Recovery: &api.Recovery{To: 9, At: 3}, Commits: 5},
		{Partition: 1, Owner: "b"},
		{Partition: 2, Owner: "a", State: api.Running, Commits: 6},
	}}}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "/v1/status", r.URL.Path)
		require.NoError(t, json.NewEncoder(w).Encode(local))
	}))
	addr := strings.TrimPrefix(server.URL, "http://")
	st := api.Status{Groups: []api.Group{{Group: "dedup", Partitions: []api.Partition{
		{Partition: 0, Owner: "a"}, {Partition: 1, Owner: "b"}, {Partition: 2, Owner: "stranger"},
	}}}}
	require.NoError(t, AddLocal(t.Context(), &st, addr))
	require.Equal(t, []api.Partition{
		{Partition: 0, Owner: "a", State: api.Recovering, Recovery: &api.Recovery{To: 9, At: 3}, Commits: 5},
		{Partition: 1, Owner: "b"},
		{Partition: 2, Owner: "stranger"},
	}, st.Groups[0].Partitions)
	server.Close()
	require.ErrorContains(t, AddLocal(t.Context(), &st, addr), "asking "+addr)
}
