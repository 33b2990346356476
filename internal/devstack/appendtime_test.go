package devstack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// makeBatch encodes records whose timestamps are first+deltas[i], with the key "k<i>" and a value of i bytes and more.
func makeBatch(t require.TestingT, first int64, deltas []int64, codec kgo.CompressionCodecType) []byte {
	var records []byte
	newest := first
	for i, delta := range deltas {
		newest = max(newest, first+delta)
		record := kmsg.Record{
			TimestampDelta64: delta, OffsetDelta: int32(i),
			Key: fmt.Appendf(nil, "k%d", i), Value: []byte(strings.Repeat("value ", i)),
			Headers: []kmsg.Header{{Key: "h", Value: []byte{byte(i)}}},
		}
		body := record.AppendTo(nil)[1:] // without the length, which is 0 in one byte
		records = append(binary.AppendVarint(records, int64(len(body))), body...)
	}
	records, err := compress(records, codec)
	require.NoError(t, err)
	batch := kmsg.RecordBatch{
		Length: int32(recordsAt - lengthAt - 4 + len(records)), PartitionLeaderEpoch: -1, Magic: 2, Attributes: int16(codec),
		LastOffsetDelta: int32(len(deltas) - 1), FirstTimestamp: first, MaxTimestamp: newest,
		ProducerID: 77, ProducerEpoch: 3, FirstSequence: 9, NumRecords: int32(len(deltas)), Records: records,
	}
	out := batch.AppendTo(nil)
	binary.BigEndian.PutUint32(out[crcAt:], crc32.Checksum(out[attributesAt:], castagnoli))
	return out
}

// readBatch decodes a batch as a consumer does, and checks its length and CRC.
func readBatch(t require.TestingT, raw []byte) (kmsg.RecordBatch, []kmsg.Record) {
	var batch kmsg.RecordBatch
	require.NoError(t, batch.ReadFrom(raw))
	require.Equal(t, len(raw)-lengthAt-4, int(batch.Length))
	require.Equal(t, crc32.Checksum(raw[attributesAt:], castagnoli), uint32(batch.CRC))
	records, err := kgo.DefaultDecompressor().Decompress(batch.Records, kgo.CompressionCodecType(batch.Attributes&codecMask))
	require.NoError(t, err)
	out := make([]kmsg.Record, batch.NumRecords)
	for i := range out {
		length, n := binary.Varint(records)
		require.NoError(t, out[i].ReadFrom(records[:n+int(length)]))
		records = records[n+int(length):]
	}
	require.Empty(t, records)
	return batch, out
}

func TestStampBatchChangesNothingButTheTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deltas := rapid.SliceOfN(rapid.Int64Range(-1<<40, 1<<40), 1, 30).Draw(t, "deltas")
		codec := kgo.CompressionCodecType(rapid.IntRange(0, 4).Draw(t, "codec"))
		now := rapid.Int64Range(0, 1<<45).Draw(t, "now")
		raw := makeBatch(t, 1<<41, deltas, codec)
		before := bytes.Clone(raw)
		stamped, err := stampBatch(raw, now)
		require.NoError(t, err)
		require.Equal(t, before, raw)

		want, records := readBatch(t, raw)
		got, stampedRecords := readBatch(t, stamped)
		for i := range records {
			require.Equal(t, deltas[i], records[i].TimestampDelta64)
			records[i].TimestampDelta, records[i].TimestampDelta64 = 0, 0
			records[i].Length = stampedRecords[i].Length
		}
		require.Equal(t, records, stampedRecords)
		want.FirstTimestamp, want.MaxTimestamp = now, now
		want.Length, want.CRC, want.Records = got.Length, got.CRC, got.Records
		require.Equal(t, want, got)
	})
}

func TestStampBatchRefusesWhatIsNoBatch(t *testing.T) {
	whole := makeBatch(t, 1000, []int64{0, 5, 1 << 20}, kgo.CodecNone)
	for n := range whole {
		_, err := stampBatch(whole[:n], 1)
		require.Error(t, err, n)
	}
	for i := crcAt; i < len(whole); i++ {
		broken := bytes.Clone(whole)
		broken[i] ^= 0x10
		_, err := stampBatch(broken, 1)
		require.Error(t, err, i)
	}
}

func TestDropTimeDeltasReadsAnyBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out, err := dropTimeDeltas(rapid.SliceOf(rapid.Byte()).Draw(t, "records"))
		if err == nil {
			again, err := dropTimeDeltas(out)
			require.NoError(t, err)
			require.Equal(t, out, again)
		}
	})
}
