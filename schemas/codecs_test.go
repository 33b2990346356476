package schemas_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestSchemasAreRegisteredUnderTheirTopics(t *testing.T) {
	_, r := newCodecs(t)
	var want []string
	for _, topic := range []goka.Stream{
		topology.Events, topology.EventsDLQ, topology.Activity, topology.ActivityDLQ, topology.ReactionInputs, topology.Engagements,
		topology.EnrichedEvents, topology.EnrichedDLQ, topology.CdcDLQ, topology.ChangesDLQ,
		topology.ChangesOf("posts"), topology.ChangesOf("users"), topology.ChangesOf("comments"), topology.ChangesOf("likes"),
		topology.ChangesOf("follows"), topology.ChangesOf("revocations"),
		topology.CacheInvalidations, topology.CacheInvalidationsDLQ,
		topology.TransactionInputs, topology.TransactionsDLQ, topology.TransactionsCompleted,
	} {
		want = append(want, string(topic)+"-value")
	}
	require.ElementsMatch(t, want, r.subjects)
	require.Len(t, r.texts, 10, "all dead-letter topics hold the same record, and so do all topics of changes")
}

func TestNewCodecsSaysWhichSubjectWasRefused(t *testing.T) {
	refusal := errors.New("incompatible")
	_, err := schemas.NewCodecs(t.Context(), &registrar{refusal: refusal})
	require.ErrorIs(t, err, refusal)
	require.ErrorContains(t, err, "events-value")
}

func TestNullAndEmptyValues(t *testing.T) {
	c, _ := newCodecs(t)
	for _, codec := range []goka.Codec{c.Events, c.Activity, c.EnrichedEvents, c.ReactionInputs, c.Engagements, c.DeadLetters, c.Changes, c.CacheInvalidations, c.TransactionInputs, c.TransactionsCompleted} {
		requireUnreadable(t, decode(t, codec, nil), schemas.ReasonNullValue, "", nil)
		requireUnreadable(t, decode(t, codec, []byte{}), schemas.ReasonNotAFormat, "", []byte{})
		for _, other := range [][]byte{{1, 0, 0, 0, 1, 2, 'u'}, {0xff}, []byte("text")} {
			requireUnreadable(t, decode(t, codec, other), schemas.ReasonNotAFormat, "", other)
		}
		short := []byte{0, 0, 0}
		requireUnreadable(t, decode(t, codec, short), schemas.ReasonMalformed, "3 bytes", short)
	}
}

func TestEncodeRefusesOtherTypes(t *testing.T) {
	c, _ := newCodecs(t)
	for _, codec := range []goka.Codec{
		c.Events, c.Activity, c.EnrichedEvents, c.ReactionInputs, c.Engagements, c.DeadLetters, c.DedupRows, c.ReactionRows, c.ScoreRows, c.SessionRows, c.Changes, c.EntityRows,
		c.CacheInvalidations, c.TransactionInputs, c.TransactionsCompleted, c.TransactionRows, schemas.Changelog(c.EntityRows),
	} {
		for _, value := range []any{nil, "text", schemas.Engagement{}, (*schemas.Unreadable)(nil)} {
			_, err := codec.Encode(value)
			require.Error(t, err)
		}
	}
	_, err := c.Events.Encode((*schemas.Event)(nil))
	require.Error(t, err)
	_, err = c.Engagements.Encode(&schemas.Engagement{Action: engagement.Share + 1})
	require.Error(t, err, "beyond the enum")
}

// A cut or a lengthened record is malformed at every length, for every record.
func TestEveryCutIsMalformed(t *testing.T) {
	c, _ := newCodecs(t)
	for name, s := range samples(c) {
		if _, ours := s.record.(schemas.Row); ours {
			continue
		}
		data := encode(t, s.codec, s.record)
		for n := 1; n < len(data); n++ {
			requireUnreadable(t, decode(t, s.codec, data[:n]), schemas.ReasonMalformed, "", data[:n])
		}
		long := append(bytes.Clone(data), 0)
		requireUnreadable(t, decode(t, s.codec, long), schemas.ReasonMalformed, "1 bytes after the record", long)
		require.Equal(t, s.record, withoutRaw(decode(t, s.codec, data)), name)
	}
}

func TestUnknownSchemaIsAskedForAgain(t *testing.T) {
	c, r := newCodecs(t)
	data := encode(t, c.Engagements, &schemas.Engagement{PostID: "p", Action: engagement.View, Delta: 1})
	own := r.texts[data[4]-1]
	require.Contains(t, own, `"Engagement"`)
	data[4] = byte(len(r.texts) + 1)
	for range 2 {
		requireUnreadable(t, decode(t, c.Engagements, data), schemas.ReasonUnknownSchema, "schema 11 is not in the registry", data)
	}
	require.Equal(t, 2, r.lookups)

	require.Equal(t, int(data[4]), r.add(own+" "))
	for range 3 {
		require.Equal(t, "p", decode(t, c.Engagements, data).(*schemas.Engagement).PostID)
	}
	require.Equal(t, 3, r.lookups, "known from then on")

	data[1] = 0x80
	requireUnreadable(t, decode(t, c.Engagements, data), schemas.ReasonUnknownSchema, "beyond all ids", data)
	require.Equal(t, 3, r.lookups)
}

func TestSchemaThatIsNotAvro(t *testing.T) {
	c, r := newCodecs(t)
	data := encode(t, c.Engagements, &schemas.Engagement{PostID: "p", Action: engagement.View})
	data[4] = byte(r.add(`syntax = "proto3";`))
	requireUnreadable(t, decode(t, c.Engagements, data), schemas.ReasonUnknownSchema, "is not Avro", data)
}

// A registry that cannot be reached holds up records of unknown schemas, however long, and those alone.
func TestOutageIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, r := newCodecs(t)
		known := encode(t, c.Engagements, &schemas.Engagement{PostID: "p", Action: engagement.View, Delta: 1})
		unknown := bytes.Clone(known)
		unknown[4] = byte(r.add(r.texts[known[4]-1] + " "))
		r.setOutage(errors.New("connection refused"))

		start := time.Now()
		time.AfterFunc(time.Hour, func() { r.setOutage(nil) })
		require.Equal(t, decode(t, c.Engagements, known), decode(t, c.Engagements, unknown))
		require.GreaterOrEqual(t, time.Since(start), time.Hour)
		require.Less(t, time.Since(start), time.Hour+10*time.Second)
	})
}

func TestOutageEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := &registrar{}
		c, err := schemas.NewCodecs(ctx, r)
		require.NoError(t, err)
		r.setOutage(errors.New("connection refused"))
		_, err = c.Events.Decode([]byte{0, 0, 0, 0, 99, 1, 2, 3})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}
