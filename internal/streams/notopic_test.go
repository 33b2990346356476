package streams

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// A topic that is not there is waited for: the stage goes on as soon as somebody creates it, and nothing is lost.
func TestStage_waits_for_a_topic_that_is_missing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	_, err := b.admin.DeleteTopic(t.Context(), outTopic)
	require.NoError(t, err)
	s, err := New(b.cfg, passGraph, pass, Options{})
	require.NoError(t, err)
	b.start(s.Run)
	b.eventually("missed", func() bool { return errors.Is(s.Status().LastError, ErrNoTopic) })
	require.Zero(t, b.committed(group))
	_, err = b.admin.CreateTopic(t.Context(), 2, 1, nil, outTopic)
	require.NoError(t, err)
	b.eventually("passed on", func() bool { return len(b.read(outTopic)) == records })
}
