package devstack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// stampAppendTime makes the broker honour message.timestamp.type=LogAppendTime: kfake knows the setting but stores the
// producer's timestamps. Each batch for such a topic is rewritten before kfake sees it, so that all its records carry
// the broker's time.
func stampAppendTime(cluster *kfake.Cluster) {
	cluster.ControlKey(int16(kmsg.Produce), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		produce, ok := req.(*kmsg.ProduceRequest)
		if !ok {
			return nil, nil, false
		}
		for _, topic := range produce.Topics {
			if !appendTime(cluster, topic) {
				continue
			}
			for i := range topic.Partitions {
				p := &topic.Partitions[i]
				// A batch that cannot be read stays as it is: kfake refuses it with the right error.
				if stamped, err := stampBatch(p.Records, time.Now().UnixMilli()); err == nil {
					p.Records = stamped
				}
			}
		}
		return nil, nil, false
	})
}

func appendTime(cluster *kfake.Cluster, topic kmsg.ProduceRequestTopic) bool {
	var info *kfake.TopicInfo
	if topic.Topic != "" {
		info = cluster.TopicInfo(topic.Topic)
	} else {
		info = cluster.TopicIDInfo(topic.TopicID)
	}
	if info == nil {
		return false
	}
	kind := info.Configs["message.timestamp.type"]
	return kind != nil && *kind == "LogAppendTime"
}

// Places in the header of a record batch, version 2.
const (
	lengthAt     = 8 // counts what follows it
	magicAt      = 16
	crcAt        = 17
	attributesAt = 21 // from here on the CRC counts
	firstTimeAt  = 27
	maxTimeAt    = 35
	recordsAt    = 61

	codecMask = 0x07
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stampBatch returns the batch with `now` (Unix ms) as the timestamp of each record. The compression stays.
func stampBatch(batch []byte, now int64) ([]byte, error) {
	if len(batch) < recordsAt || batch[magicAt] != 2 {
		return nil, errors.New("not a record batch of version 2")
	}
	if sum := binary.BigEndian.Uint32(batch[crcAt:]); sum != crc32.Checksum(batch[attributesAt:], castagnoli) {
		return nil, errors.New("the batch's CRC does not match")
	}
	codec := kgo.CompressionCodecType(batch[attributesAt+1] & codecMask)
	records, err := kgo.DefaultDecompressor().Decompress(batch[recordsAt:], codec)
	if err != nil {
		return nil, fmt.Errorf("decompressing a batch: %w", err)
	}
	if records, err = dropTimeDeltas(records); err != nil {
		return nil, err
	}
	if records, err = compress(records, codec); err != nil {
		return nil, err
	}
	out := append(bytes.Clone(batch[:recordsAt]), records...)
	binary.BigEndian.PutUint32(out[lengthAt:], uint32(len(out)-lengthAt-4))
	binary.BigEndian.PutUint64(out[firstTimeAt:], uint64(now))
	binary.BigEndian.PutUint64(out[maxTimeAt:], uint64(now))
	binary.BigEndian.PutUint32(out[crcAt:], crc32.Checksum(out[attributesAt:], castagnoli))
	return out, nil
}

// dropTimeDeltas sets the distance of each record's timestamp from the batch's to 0. A record is its length, one byte
// of attributes, that distance, and more; lengths and distances are zigzag varints.
func dropTimeDeltas(records []byte) ([]byte, error) {
	out := make([]byte, 0, len(records))
	for len(records) > 0 {
		length, n := binary.Varint(records)
		if n <= 0 || length < 1 || length > int64(len(records)-n) {
			return nil, errors.New("a record's length is wrong")
		}
		record := records[n : n+int(length)]
		records = records[n+int(length):]
		_, m := binary.Varint(record[1:])
		if m <= 0 {
			return nil, errors.New("a record's timestamp is wrong")
		}
		rest := record[1+m:]
		out = binary.AppendVarint(out, int64(2+len(rest)))
		out = append(out, record[0], 0)
		out = append(out, rest...)
	}
	return out, nil
}

func compress(records []byte, codec kgo.CompressionCodecType) ([]byte, error) {
	if codec == kgo.CodecNone {
		return records, nil
	}
	codecs := map[kgo.CompressionCodecType]kgo.CompressionCodec{
		kgo.CodecGzip:   kgo.GzipCompression(),
		kgo.CodecSnappy: kgo.SnappyCompression(),
		kgo.CodecLz4:    kgo.Lz4Compression(),
		kgo.CodecZstd:   kgo.ZstdCompression(),
	}
	compressor, err := kgo.DefaultCompressor(codecs[codec])
	if err != nil {
		return nil, fmt.Errorf("compressing a batch: %w", err)
	}
	out, used := compressor.Compress(new(bytes.Buffer), records)
	if used != codec {
		return nil, fmt.Errorf("compressing a batch: used codec %d, want %d", used, codec)
	}
	return out, nil
}
