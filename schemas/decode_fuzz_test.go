package schemas_test

import (
	"bytes"
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// Decoders never panic and never return an error, whatever the bytes; what they can read they write so that it reads
// the same again.

// seed adds samples of one kind, cut, lengthened and under the schema ids around theirs.
func seed(f *testing.F, c *schemas.Codecs, names ...string) {
	f.Helper()
	for _, name := range names {
		s := samples(c)[name]
		data := encode(f, s.codec, s.record)
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(append(bytes.Clone(data), 0))
		for id := range byte(9) {
			other := bytes.Clone(data)
			other[4] = id
			f.Add(other)
		}
	}
	f.Add([]byte(nil))
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 0})
}

func fuzzRecord(f *testing.F, codec goka.Codec) {
	f.Helper()
	f.Fuzz(func(t *testing.T, data []byte) {
		record := decode(t, codec, data)
		if hand, ok := codec.(schemas.HandCodec); ok {
			readAlike(t, hand, data)
		}
		if bad, ok := record.(*schemas.Unreadable); ok {
			require.NotEmpty(t, bad.Reason)
			require.LessOrEqual(t, len(bad.Detail), schemas.MaxDetail)
			require.Equal(t, data, bad.Value)
			return
		}
		require.Equal(t, record, decode(t, codec, encode(t, codec, record)))
	})
}

func FuzzActivity(f *testing.F) {
	c, _ := newCodecs(f)
	seed(f, c, "activity")
	fuzzRecord(f, c.Activity)
}

func FuzzEnrichedEvent(f *testing.F) {
	c, _ := newCodecs(f)
	seed(f, c, "enriched_event")
	fuzzRecord(f, c.EnrichedEvents)
}

func FuzzReactionInput(f *testing.F) {
	c, _ := newCodecs(f)
	seed(f, c, "reaction_input")
	fuzzRecord(f, c.ReactionInputs)
}

func FuzzEngagement(f *testing.F) {
	c, _ := newCodecs(f)
	seed(f, c, "engagement")
	fuzzRecord(f, c.Engagements)
}

func FuzzDeadLetter(f *testing.F) {
	c, _ := newCodecs(f)
	seed(f, c, "dead_letter")
	fuzzRecord(f, c.DeadLetters)
}

// olderEvent is a schema of somebody else with what makes a reader work: promotions, other orders, fields to skip.
const olderEvent = `{"type":"record","name":"Event","fields":[
	{"name":"tags","type":{"type":"array","items":{"type":"map","values":["null","double","string"]}}},
	{"name":"action","type":{"type":"enum","name":"Action","symbols":["share","like","repost"]}},
	{"name":"parent","type":["null","Event"],"default":null},
	{"name":"event_time","type":"int"},{"name":"post_id","type":"string"},{"name":"user_id","type":"bytes"}]}`

func FuzzEvent(f *testing.F) {
	c, r := newCodecs(f)
	id := r.add(olderEvent)
	f.Add([]byte{0, 0, 0, 0, byte(id), 2, 2, 2, 'k', 4, 2, 'v', 0, 0, 2, 0, 20, 2, 'p', 2, 'u'})
	seed(f, c, "event")
	for _, text := range []string{
		`{"event_id":"e","event_time":"2015-01-01T00:00:00.123Z","user_id":"u","post_id":"p","author_id":"a","action":"comment","dwell_ms":2500,"device":"d","app_ver":"7","comment_id":"c"}`,
		`{"user_id":"u","post_id":"p","action":"like","ts":5}`, ` {"user_id":7}`, `{"ts":1e3}`, `{`, `{}`, "{\"user_id\":\"\xff\"}", `{"user_id":"\ud800"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		record := decode(t, c.Events, data)
		event, ok := record.(*schemas.Event)
		if !ok {
			bad := record.(*schemas.Unreadable)
			require.NotEmpty(t, bad.Reason)
			require.LessOrEqual(t, len(bad.Detail), schemas.MaxDetail)
			require.Equal(t, data, bad.Value)
			return
		}
		require.NotEmpty(t, event.EventID)
		require.Equal(t, data, encode(t, c.Events, event))
		event.Raw = nil
		require.Equal(t, event, withoutRaw(decode(t, c.Events, encode(t, c.Events, event))))
	})
}

// A row that cannot be read is an error; the position of one that can be read is what a peek says.
func fuzzRow(f *testing.F, codec schemas.RowCodec) {
	f.Helper()
	f.Fuzz(func(t *testing.T, data []byte) {
		readAlike(t, codec.(schemas.HandCodec), data)
		last, peeked := codec.Last(data)
		value, err := codec.Decode(data)
		if err != nil {
			return
		}
		row := value.(schemas.Row)
		require.NoError(t, peeked)
		require.Equal(t, row.Last(), last)
		again, err := codec.Decode(encode(t, codec, row))
		require.NoError(t, err)
		require.Equal(t, row, again)
	})
}

func FuzzDedupRow(f *testing.F) {
	c, _ := newCodecs(f)
	f.Add(encode(f, c.DedupRows, samples(c)["dedup_row"].record))
	f.Add([]byte{1, 0, 0, 0x80, 0x80, 0x80, 0x80, 0x20})
	fuzzRow(f, c.DedupRows)
}

func FuzzReactionRow(f *testing.F) {
	c, _ := newCodecs(f)
	f.Add(encode(f, c.ReactionRows, samples(c)["reaction_row"].record))
	fuzzRow(f, c.ReactionRows)
}

func FuzzScoreRow(f *testing.F) {
	c, _ := newCodecs(f)
	row := samples(c)["score_row"].record.(*schemas.ScoreRow)
	f.Add(encode(f, c.ScoreRows, row))
	old, err := schemas.ScoreRowV1(row)
	require.NoError(f, err)
	f.Add(old)
	f.Add([]byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 2, 14, 2, 2, 0}) // counts in two blocks
	fuzzRow(f, c.ScoreRows)
}

func FuzzSessionRow(f *testing.F) {
	c, _ := newCodecs(f)
	f.Add(encode(f, c.SessionRows, samples(c)["session_row"].record))
	f.Add(append(append([]byte{1, 0, 0, 2, 4, 2}, make([]byte, 16)...), 2, 4, 2, 'a', 1, 4, 2, 'b', 0, 0)) // devices in a block that gives its size
	fuzzRow(f, c.SessionRows)
}

func FuzzEntityRow(f *testing.F) {
	c, _ := newCodecs(f)
	f.Add(encode(f, c.EntityRows, samples(c)["entity_row"].record))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 'a', 2, '1', 2, 2, 'b', 2, '2', 0, 0}) // columns in two blocks
	fuzzRow(f, c.EntityRows)
}

func FuzzCommitMeta(f *testing.F) {
	f.Add("")
	f.Add("AQAAAAAAAAAAAAA")
	f.Add(schemas.CommitMeta{
		Vector:    map[schemas.Source]schemas.Mark{{Emitter: "dedup", Partition: 1}: {Offset: 9}, {Emitter: "reactions"}: {Epoch: 1, N: 2}},
		Announced: &schemas.Announcement{First: 1, Last: 2, Blocks: []schemas.AnnouncedBlock{{Part: "202612", First: 1, Last: 2}, {Part: "202701", First: 2, Last: 2, Attempt: 1}}, Refused: []int64{1}},
	}.Encode())
	f.Fuzz(func(t *testing.T, text string) {
		m, err := schemas.DecodeCommitMeta(text)
		if err != nil {
			require.Zero(t, m)
			return
		}
		again, err := schemas.DecodeCommitMeta(m.Encode())
		require.NoError(t, err)
		require.Equal(t, m, again)
	})
}
