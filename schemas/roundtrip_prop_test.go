package schemas_test

import (
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

// roundTrip checks that a codec gives back what it was given, in the same bytes each time.
func roundTrip[T any](codec goka.Codec, records *rapid.Generator[T]) func(*rapid.T) {
	return func(t *rapid.T) {
		record := records.Draw(t, "record")
		data := encode(t, codec, record)
		require.Equal(t, data, encode(t, codec, record))
		require.Equal(t, any(record), withoutRaw(decode(t, codec, data)))
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	c, _ := newCodecs(t)
	t.Run("event", rapid.MakeCheck(roundTrip(c.Events, events)))
	t.Run("activity", rapid.MakeCheck(roundTrip(c.Activity, activities)))
	t.Run("enriched event", rapid.MakeCheck(roundTrip(c.EnrichedEvents, enrichedEvents)))
	t.Run("reaction input", rapid.MakeCheck(roundTrip(c.ReactionInputs, reactionInputs)))
	t.Run("engagement", rapid.MakeCheck(roundTrip(c.Engagements, engagements)))
	t.Run("dead letter", rapid.MakeCheck(roundTrip(c.DeadLetters, deadLetters)))
	t.Run("dedup row", rapid.MakeCheck(roundTrip(c.DedupRows, dedupRows)))
	t.Run("reaction row", rapid.MakeCheck(roundTrip(c.ReactionRows, reactionRows)))
	t.Run("score row", rapid.MakeCheck(roundTrip(c.ScoreRows, scoreRows)))
	t.Run("session row", rapid.MakeCheck(roundTrip(c.SessionRows, sessionRows)))
	t.Run("change", rapid.MakeCheck(roundTrip(c.Changes, changes)))
	t.Run("entity row", rapid.MakeCheck(roundTrip(c.EntityRows, entityRows)))
	t.Run("cache invalidation", rapid.MakeCheck(roundTrip(c.CacheInvalidations, cacheInvalidations)))
	t.Run("transaction input", rapid.MakeCheck(roundTrip(c.TransactionInputs, transactionInputs)))
	t.Run("completed transaction", rapid.MakeCheck(roundTrip(c.TransactionsCompleted, transactionsCompleted)))
	t.Run("transaction row", rapid.MakeCheck(roundTrip(c.TransactionRows, transactionRows)))
}

// peeks checks that the position read from an encoded row is the row's.
func peeks[R schemas.Row](codec schemas.RowCodec, rows *rapid.Generator[R]) func(*rapid.T) {
	return func(t *rapid.T) {
		row := rows.Draw(t, "row")
		last, err := codec.Last(encode(t, codec, row))
		require.NoError(t, err)
		require.Equal(t, row.Last(), last)
	}
}

func TestRowsCanBePeeked(t *testing.T) {
	c, _ := newCodecs(t)
	t.Run("dedup", rapid.MakeCheck(peeks(c.DedupRows, dedupRows)))
	t.Run("reaction", rapid.MakeCheck(peeks(c.ReactionRows, reactionRows)))
	t.Run("score", rapid.MakeCheck(peeks(c.ScoreRows, scoreRows)))
	t.Run("session", rapid.MakeCheck(peeks(c.SessionRows, sessionRows)))
	t.Run("entity", rapid.MakeCheck(peeks(c.EntityRows, entityRows)))
	t.Run("transaction", rapid.MakeCheck(peeks(c.TransactionRows, transactionRows)))
}
