package schemas

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/lovoo/goka"
	"github.com/twmb/avro"
)

// What the tests compare: the quick way and the one by the book.
var (
	ScanTime       = scanTime
	UnmarshalEvent = unmarshalEvent
)

// ScanEvent is scanEvent, its result as any.
func ScanEvent(text string) (any, bool) { return scanEvent([]byte(text)) }

// LibraryTime reads an RFC 3339 time with the standard library, Unix ms.
func LibraryTime(s string) (int64, error) {
	var at time.Time
	err := at.UnmarshalText([]byte(s))
	return at.UnixMilli(), err
}

// HandCodec is a codec that has a way by hand and one by the schema.
type HandCodec interface {
	goka.Codec
	BySchema() goka.Codec // itself, without the way by hand
	ReadsByHand(data []byte) bool
	Shapes() (written, is string) // of the schema: as the way by hand has it, and as the file has it
}

func (c *framed[T]) BySchema() goka.Codec {
	other := *c
	other.byHand = nil
	return &other
}

func (c *framed[T]) ReadsByHand(data []byte) bool {
	_, ok := c.byHand.decode(data[len(c.head):])
	return ok
}

func (c *framed[T]) Shapes() (written, is string) { return c.byHand.shape, shapeOf(c.reader) }

func (c *rowCodec[T, R, W]) BySchema() goka.Codec {
	other := *c
	other.byHand = nil
	return &other
}

func (c *rowCodec[T, R, W]) ReadsByHand(data []byte) bool {
	_, ok := c.byHand.decode(data[len(c.head):])
	return ok
}

func (c *rowCodec[T, R, W]) Shapes() (written, is string) { return c.byHand.shape, shapeOf(c.current) }

// ScoreRowV1 is row as it was written in version 1.
func ScoreRowV1(row *ScoreRow) ([]byte, error) {
	w := &scoreWireV1{
		Epoch: row.last.Epoch, Offset: row.last.Offset, Lifetime: countsWireV1(row.Lifetime), LastEngagement: row.LastEngagement,
	}
	for _, b := range row.Buckets {
		w.Buckets = append(w.Buckets, bucketWireV1{b.Start, b.Last, countsWireV1(b.Counts)})
	}
	return scoreRowV1Schema.AppendEncode([]byte{1}, w)
}

func shapeOf(schema *avro.Schema) string { return hex.EncodeToString(schema.Fingerprint(sha256.New())) }
