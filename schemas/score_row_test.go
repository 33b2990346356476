package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// After an update a stage meets rows of version 1 in its changelog. What it changes it writes in version 2.
func TestScoreRow_of_version_1_is_read_and_written_anew(t *testing.T) {
	c, _ := newCodecs(t)
	golden := readGolden(t, "score_row.v1")
	require.EqualValues(t, 1, golden[0])
	want := samples(c)["score_row"].record
	row := decode(t, c.ScoreRows, golden)
	require.Equal(t, want, row)
	last, err := c.ScoreRows.Last(golden)
	require.NoError(t, err)
	require.Equal(t, row.(schemas.Row).Last(), last)

	written, err := schemas.ScoreRowV1(row.(*schemas.ScoreRow))
	require.NoError(t, err)
	require.Equal(t, golden, written, "what the other tests take for version 1 is version 1")

	again := encode(t, c.ScoreRows, row)
	require.EqualValues(t, 2, again[0])
	require.Less(t, len(again), len(golden))
	require.Equal(t, want, decode(t, c.ScoreRows, again))
}

func TestScoreRow_of_version_1_is_never_misread(t *testing.T) {
	c, _ := newCodecs(t)
	rapid.Check(t, func(t *rapid.T) {
		row := scoreRows.Draw(t, "row")
		old, err := schemas.ScoreRowV1(row)
		require.NoError(t, err)
		require.Equal(t, any(row), decode(t, c.ScoreRows, old))
		last, err := c.ScoreRows.Last(old)
		require.NoError(t, err)
		require.Equal(t, row.Last(), last)
		_, err = c.ScoreRows.Decode(append(old, 0))
		require.ErrorContains(t, err, "1 bytes after the row")
	})
}

// Kinds and counts that do not go together are a broken row, by hand and by the schema.
func TestScoreRow_has_as_many_counts_as_kinds_say(t *testing.T) {
	c, _ := newCodecs(t)
	codec := c.ScoreRows.(schemas.HandCodec)
	// version, epoch, offset, last engagement 5; older: views; a bucket: gap -5, last 3, likes; counts 7, 1.
	good := []byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 4, 14, 2, 0}
	want := &schemas.ScoreRow{
		Lifetime: engagement.Counts{Views: 7, Likes: 1}, LastEngagement: 5,
		Buckets: []engagement.Bucket{{Start: 0, Last: 3, Counts: engagement.Counts{Likes: 1}}},
	}
	want.SetLast(schemas.Position{})
	require.True(t, codec.ReadsByHand(good))
	require.Equal(t, want, decode(t, codec, good))
	require.Equal(t, want, decode(t, codec.BySchema(), good))

	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"a count missing":        {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 2, 14, 0}, "counts are not as many as kinds say"},
		"none of them":           {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 0}, "counts are not as many as kinds say"},
		"a count too many":       {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 6, 14, 2, 2, 0}, "counts are not as many as kinds say"},
		"a kind too many":        {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 12, 0, 4, 14, 2, 0}, "counts are not as many as kinds say"},
		"a kind nobody knows":    {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 64, 0, 4, 14, 2, 0}, "32 is no set of kinds"},
		"older of such a kind":   {[]byte{2, 0, 0, 10, 64, 2, 9, 6, 8, 0, 4, 14, 2, 0}, "32 is no set of kinds"},
		"kinds below zero":       {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 1, 0, 4, 14, 2, 0}, "-1 is no set of kinds"},
		"buckets, but no counts": {[]byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0}, "counts"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := codec.Decode(tc.data)
			require.ErrorContains(t, err, "decoding score row: ")
			require.ErrorContains(t, err, tc.want)
			readAlike(t, codec, tc.data)
		})
	}

	// Two blocks of counts are one array.
	blocks := []byte{2, 0, 0, 10, 2, 2, 9, 6, 8, 0, 2, 14, 2, 2, 0}
	require.False(t, codec.ReadsByHand(blocks))
	require.Equal(t, want, decode(t, codec, blocks))
	readAlike(t, codec, blocks)
}
