package app

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRevocations_grow_stale: who was revoked since, nobody can tell.
func TestRevocations_grow_stale(t *testing.T) {
	until := time.Now().Add(-time.Hour)
	r := revocations{&entityView{}, func() time.Time { return until }, time.Hour}
	require.False(t, r.Recovered())
}
