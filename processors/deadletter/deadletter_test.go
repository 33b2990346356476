package deadletter_test

import (
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// A letter without the value still says how large that was, and that it is not whole.
func TestRefuseCut_says_what_is_missing(t *testing.T) {
	given := map[string][]byte{"left out": {}, "whole": []byte("xyz")}
	for name, value := range given {
		b := processorstest.New(t, topology.DedupGroup(processorstest.Codecs(t)), func(ctx goka.Context, _ any) schemas.Outcome {
			return deadletter.RefuseCut(ctx, topology.EventsDLQ, schemas.ReasonTooLarge, "too large", value, 3)
		})
		require.Equal(t, schemas.Dead, b.In("k", time.UnixMilli(1), &schemas.Event{Raw: []byte("xyz")}))
		_, got := b.Out(topology.EventsDLQ)
		letter := got[0].(*schemas.DeadLetter)
		require.EqualValues(t, 3, letter.ValueSize, name)
		require.Equal(t, string(value), string(letter.Value), name)
		require.Equal(t, len(value) < 3, letter.Truncated, name)
	}
}
