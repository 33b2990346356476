package api

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A process that only works tells how it is and how the groups stand, and nothing about posts.
func TestNewOperations(t *testing.T) {
	w := newWorld()
	ready := true
	w.deps.Trending, w.deps.Posts, w.deps.Ready = nil, nil, func() bool { return ready }
	handler := NewOperations(w.deps)
	code := func(path string) int { return serve(t, handler, http.MethodGet, path).Code }
	for _, path := range []string{"/health/live", "/health/ready", "/v1/status", "/metrics"} {
		require.Equal(t, http.StatusOK, code(path), path)
	}
	require.Equal(t, serve(t, New(newWorld().deps), http.MethodGet, "/v1/status").Body.String(), serve(t, handler, http.MethodGet, "/v1/status").Body.String())
	for _, path := range []string{"/", "/v1/trending", "/docs"} {
		answer := serve(t, handler, http.MethodGet, path)
		require.Equal(t, http.StatusNotFound, answer.Code, path)
		require.Contains(t, answer.Body.String(), "/v1/status", "it says where to look")
	}

	ready = false
	require.Equal(t, http.StatusServiceUnavailable, code("/health/ready"))
	require.Equal(t, http.StatusOK, code("/health/live"))
	ready = true
	w.deps.Status = fakeStatus(func(context.Context) (Status, error) { return Status{}, errors.New("away") })
	w.deps.Metrics = nil
	require.Equal(t, http.StatusServiceUnavailable, serve(t, NewOperations(w.deps), http.MethodGet, "/health/ready").Code)
}

// The alarm is there before the limit is.
func TestSetMetadata(t *testing.T) {
	for bytes, alarm := range map[int]bool{0: false, 3071: false, 3072: true, 4096: true} {
		var p Partition
		p.SetMetadata(bytes, 4096)
		require.Equal(t, alarm, p.MetadataAlarm, bytes)
	}
	var p Partition
	p.SetMetadata(10, 0)
	require.False(t, p.MetadataAlarm, "a limit that is not known raises none")
}
