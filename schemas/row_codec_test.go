package schemas

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"
	"github.com/twmb/avro"

	"github.com/nova-social/nova-streams/internal/domain/reaction"
)

// firstReactionRow is a reaction row as it might have been before there were comments: other widths, a field since
// removed, fields still missing.
const firstReactionRow = `{"type":"record","name":"ReactionRow","namespace":"nova","fields":[
	{"name":"last_epoch","type":"int"},
	{"name":"last_offset","type":"long"},
	{"name":"mood","type":"string"},
	{"name":"liked","type":"boolean"},
	{"name":"liked_at","type":"int"}]}`

func TestOldRowsAreReadWithTheNewSchema(t *testing.T) {
	writer, err := goavro.NewCodec(firstReactionRow)
	require.NoError(t, err)
	old, err := writer.BinaryFromNative([]byte{0}, map[string]any{
		"last_epoch": int32(1), "last_offset": int64(77), "mood": "fine", "liked": true, "liked_at": int32(5000),
	})
	require.NoError(t, err)

	codecOf := func(current *avro.Schema) RowCodec {
		return newRowCodec("reaction row", map[byte]*avro.Schema{0: avro.MustParse(firstReactionRow), 1: current}, reactionByHand,
			func() *ReactionRow { return &ReactionRow{rowHead: rowHead{NoPosition}} }, reactionToWire, reactionFromWire)
	}
	// decided_by has no default in today's schema, so a row without it cannot be read: that is found when the program
	// starts, not when the row is met.
	require.PanicsWithValue(t, "reading version 0 of reaction row: avro: incompatible at decided_by: reader enum vs writer : "+
		"reader field has no default and is missing from writer", func() { codecOf(reactionRowSchema) })

	text, err := files.ReadFile("avro/reaction_row.avsc")
	require.NoError(t, err)
	const before = `"default": "none"}, "doc": "Who decides`
	require.Contains(t, string(text), before)
	codec := codecOf(avro.MustParse(strings.Replace(string(text), before, `"default": "none"}, "default": "database", "doc": "Who decides`, 1)))

	row, err := codec.Decode(old)
	require.NoError(t, err)
	want := &ReactionRow{rowHead: head(1, 77), Like: reaction.Like{Liked: true, At: 5000, Decided: true}}
	require.Equal(t, want, row)
	last, err := codec.Last(old)
	require.NoError(t, err)
	require.Equal(t, Position{Epoch: 1, Offset: 77}, last)

	again, err := codec.Encode(row)
	require.NoError(t, err)
	require.EqualValues(t, 1, again[0], "written anew with the current version")
	row, err = codec.Decode(again)
	require.NoError(t, err)
	require.Equal(t, want, row)
}

func TestNewRowsHaveSeenNothing(t *testing.T) {
	for _, codec := range []RowCodec{dedupRows, reactionRows, scoreRows, sessionRows, entityRows, transactionRows} {
		row := codec.New()
		require.Equal(t, NoPosition, row.Last())
		require.NotSame(t, row, codec.New())
		data, err := codec.Encode(row)
		require.NoError(t, err)
		decoded, err := codec.Decode(data)
		require.NoError(t, err)
		require.Equal(t, row, decoded)
	}
}

func TestBrokenRowsAreErrors(t *testing.T) {
	for _, codec := range []RowCodec{dedupRows, reactionRows, scoreRows, sessionRows, entityRows, transactionRows} {
		row := codec.New()
		row.SetLast(Position{Epoch: 70000, Offset: 1 << 40})
		data, err := codec.Encode(row)
		require.NoError(t, err)
		for n := range len(data) {
			_, err := codec.Decode(data[:n])
			require.Error(t, err, n)
		}
		_, err = codec.Decode(append(bytes.Clone(data), 0))
		require.ErrorContains(t, err, "1 bytes after the row")

		version := data[0]
		head := binary.AppendVarint(binary.AppendVarint([]byte{version}, 70000), 1<<40)
		require.Equal(t, head, data[:len(head)])
		for n := range len(head) {
			_, err := codec.Last(head[:n])
			require.Error(t, err, n)
		}
		last, err := codec.Last(head)
		require.NoError(t, err)
		require.Equal(t, row.Last(), last)

		data[0] = 9
		_, err = codec.Decode(data)
		require.ErrorContains(t, err, fmt.Sprintf("version 9 is unknown, the newest known is %d", version))
		_, err = codec.Last(data)
		require.ErrorContains(t, err, "version 9")
		_, err = codec.Last(binary.AppendVarint([]byte{version}, 1<<31))
		require.ErrorContains(t, err, "bad epoch")
	}
}
