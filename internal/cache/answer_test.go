package cache_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/trending"
)

func init() {
	cache.Answer = func(t *testing.T, board *trending.Board) string {
		t.Helper()
		handler := api.New(api.Deps{Config: api.DefaultConfig(), Trending: board, Log: slog.New(slog.DiscardHandler)})
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/trending", http.NoBody))
		require.Equal(t, http.StatusOK, recorder.Code)
		return recorder.Body.String()
	}
}
