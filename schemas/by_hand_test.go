package schemas_test

import (
	"bytes"
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// byHand are the codecs that have a way by hand, each with records to try it on.
func byHand(c *schemas.Codecs) map[string]struct {
	codec   schemas.HandCodec
	records *rapid.Generator[any]
} {
	type tried = struct {
		codec   schemas.HandCodec
		records *rapid.Generator[any]
	}
	return map[string]tried{
		"activity":       {c.Activity.(schemas.HandCodec), activities.AsAny()},
		"enriched_event": {c.EnrichedEvents.(schemas.HandCodec), enrichedEvents.AsAny()},
		"reaction_input": {c.ReactionInputs.(schemas.HandCodec), reactionInputs.AsAny()},
		"engagement":     {c.Engagements.(schemas.HandCodec), engagements.AsAny()},
		"dedup_row":      {c.DedupRows.(schemas.HandCodec), dedupRows.AsAny()},
		"reaction_row":   {c.ReactionRows.(schemas.HandCodec), reactionRows.AsAny()},
		"score_row":      {c.ScoreRows.(schemas.HandCodec), scoreRows.AsAny()},
		"session_row":    {c.SessionRows.(schemas.HandCodec), sessionRows.AsAny()},
		"change":         {c.Changes.(schemas.HandCodec), changes.AsAny()},
		"entity_row":     {c.EntityRows.(schemas.HandCodec), entityRows.AsAny()},
	}
}

// A changed schema file needs its way by hand changed too. Change by_hand_*.go, then the shape beside it.
func TestByHand_was_written_for_the_schema_as_it_is(t *testing.T) {
	c, _ := newCodecs(t)
	for name, tried := range byHand(c) {
		written, is := tried.codec.Shapes()
		require.Equal(t, is, written, name)
	}
}

func TestByHand_writes_and_reads_as_the_schema_says(t *testing.T) {
	c, _ := newCodecs(t)
	for name, tried := range byHand(c) {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			record := tried.records.Draw(t, "record")
			data := encode(t, tried.codec, record)
			require.Equal(t, encode(t, tried.codec.BySchema(), record), data)
			require.True(t, tried.codec.ReadsByHand(data))
			require.Equal(t, record, decode(t, tried.codec, data))
			require.Equal(t, record, decode(t, tried.codec.BySchema(), data))
		}))
	}
}

// readAlike checks that data is read the same with the way by hand and without it, down to the words of a refusal.
func readAlike(t require.TestingT, codec schemas.HandCodec, data []byte) {
	record, err := codec.Decode(data)
	want, wantErr := codec.BySchema().Decode(data)
	require.Equal(t, wantErr, err, "%x", data)
	require.Equal(t, want, record, "%x", data)
}

func TestByHand_judges_broken_bytes_as_the_schema_does(t *testing.T) {
	c, _ := newCodecs(t)
	for name, tried := range byHand(c) {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			data := encode(t, tried.codec, tried.records.Draw(t, "record"))
			from := rapid.IntRange(0, len(data)).Draw(t, "from")
			to := rapid.IntRange(from, min(from+3, len(data))).Draw(t, "to")
			other := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 2, 3, 12, 0x7f, 0x80, 0xff}), 0, 11).Draw(t, "other")
			readAlike(t, tried.codec, append(append(bytes.Clone(data[:from]), other...), data[to:]...))
			readAlike(t, tried.codec, data[:from])
		}))
	}
}

// Numbers may be longer than they need to be, up to where the schema-driven codec draws the line.
func TestByHand_reads_padded_numbers_alike(t *testing.T) {
	c, _ := newCodecs(t)
	for padding := range 12 {
		for _, last := range []byte{0, 1, 2, 0x0f, 0x10, 0x7f} {
			rest := []byte{1, 4, 2, 6, 8, 10, 0, 2, 0, 0}
			epoch := append(append([]byte{2}, bytes.Repeat([]byte{0x80}, padding)...), last)
			readAlike(t, c.ReactionRows.(schemas.HandCodec), append(append(bytes.Clone(epoch), 2), rest...))
			offset := append(append([]byte{2, 2}, bytes.Repeat([]byte{0xff}, padding)...), last)
			readAlike(t, c.ReactionRows.(schemas.HandCodec), append(offset, rest...))
		}
	}
}

// Arrays in several blocks, or in blocks that give their size, are nothing we write, but they are Avro.
func TestByHand_leaves_arrays_in_blocks_to_the_schema(t *testing.T) {
	c, _ := newCodecs(t)
	codec := c.DedupRows.(schemas.HandCodec)
	hash := schemas.HashEventID("a")
	seen := append(bytes.Clone(hash[:]), 8)
	want := &schemas.DedupRow{Seen: []schemas.SeenEvent{{ID: hash, At: 4}, {ID: hash, At: 4}}}
	want.SetLast(schemas.Position{Epoch: 1, Offset: 2})
	for _, blocks := range [][][]byte{
		{{2}, seen, {2}, seen, {0}},
		{{3, 68}, seen, seen, {0}},
		{{1, 34}, seen, {2}, seen, {0}},
	} {
		data := append([]byte{1, 2, 4}, bytes.Join(blocks, nil)...)
		require.False(t, codec.ReadsByHand(data))
		require.Equal(t, want, decode(t, codec, data))
		readAlike(t, codec, data)
	}
	require.True(t, codec.ReadsByHand(append([]byte{1, 2, 4, 4}, bytes.Join([][]byte{seen, seen, {0}}, nil)...)))
}

func TestByHand_refuses_what_the_schema_has_no_word_for(t *testing.T) {
	c, _ := newCodecs(t)
	for _, wrong := range []struct {
		codec  goka.Codec
		record any
	}{
		{c.Activity, &schemas.Activity{Event: schemas.Event{Action: engagement.Share + 1}}},
		{c.EnrichedEvents, &schemas.EnrichedEvent{Event: schemas.Event{Action: engagement.Share + 1}}},
		{c.ReactionInputs, &schemas.ReactionInput{Kind: schemas.ReactionUncomment + 1}},
		{c.ReactionInputs, &schemas.ReactionInput{Source: schemas.SourceDatabase + 1}},
		{c.Engagements, &schemas.Engagement{Action: 255}},
		{c.Changes, &schemas.Change{Op: schemas.ChangeTruncate + 1}},
	} {
		_, want := wrong.codec.(schemas.HandCodec).BySchema().Encode(wrong.record)
		require.Error(t, want)
		_, err := wrong.codec.Encode(wrong.record)
		require.EqualError(t, err, want.Error())
	}
}
