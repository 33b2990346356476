package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

func TestCacheInvalidations_agree_with_another_library(t *testing.T) {
	c, _ := newCodecs(t)
	agrees(t, "cache_invalidation", c.CacheInvalidations, 5, cacheInvalidations, func(i *schemas.CacheInvalidation) map[string]any {
		return map[string]any{
			"scope": string(i.Scope), "id": i.ID, "reason": string(i.Reason), "table": i.Table, "partition": i.Partition, "offset": i.Offset,
			"event_time": ms(i.EventTime),
		}
	})
}

func TestChangelog_has_rows_and_tombstones(t *testing.T) {
	c, _ := newCodecs(t)
	log := schemas.Changelog(c.EntityRows)
	t.Run("rows", rapid.MakeCheck(roundTrip(log, entityRows)))
	none, err := log.Decode(nil)
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = log.Decode([]byte{})
	require.Error(t, err, "a row of ours cannot be empty")
}
