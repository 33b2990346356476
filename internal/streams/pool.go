package streams

import (
	"sync"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What is larger than these goes to the garbage collector: one large record would make every room it passes through as
// large as itself, for good.
const (
	maxPooledBatch   = 1 << 20  // bytes
	maxPooledRecords = 16 << 10 // of a batch
	maxPooledValue   = 16 << 10 // bytes
)

// fetchPool keeps the memory of fetched batches for the next ones. A batch comes back once each of its records was
// recycled, which a task does when it has handled them; one that is dropped goes to the garbage collector. Nothing may
// keep a part of a record beyond that.
type fetchPool struct{ bytes, records sync.Pool }

var (
	_ kgo.PoolDecompressBytes = (*fetchPool)(nil)
	_ kgo.PoolRecords         = (*fetchPool)(nil)
)

// GetDecompressBytes returns room for a batch; four times its compressed size where there is none to use again.
func (p *fetchPool) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	if b, ok := p.bytes.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, 4*len(compressed))
}

// PutDecompressBytes takes the room of a batch back.
func (p *fetchPool) PutDecompressBytes(b []byte) {
	if cap(b) <= maxPooledBatch {
		p.bytes.Put(&b)
	}
}

// GetRecords returns room for the records of a batch.
func (p *fetchPool) GetRecords(n int) []kgo.Record {
	if r, ok := p.records.Get().(*[]kgo.Record); ok && cap(*r) >= n {
		return *r
	}
	return make([]kgo.Record, 0, n)
}

// PutRecords takes the records of a batch back.
func (p *fetchPool) PutRecords(r []kgo.Record) {
	if cap(r) <= maxPooledRecords {
		p.records.Put(&r)
	}
}

// outgoing keeps the records of outputs and rows, and the room of their values, for the next ones.
type outgoing struct{ pool sync.Pool }

// get returns a record whose value is empty and may be appended to.
func (o *outgoing) get() *kgo.Record {
	if r, ok := o.pool.Get().(*kgo.Record); ok {
		return r
	}
	return &kgo.Record{}
}

// put takes back a record that was acknowledged. One that failed may still be looked at by the client: it is not put.
func (o *outgoing) put(r *kgo.Record) {
	value := r.Value[:0]
	if cap(value) > maxPooledValue {
		value = nil
	}
	*r = kgo.Record{Value: value}
	o.pool.Put(r)
}

// appender is a codec that can encode into room it is given.
type appender interface {
	AppendEncode(data []byte, value any) ([]byte, error)
}

// appendEncode encodes value behind data, which is used again; without an allocation where the codec can.
func appendEncode(codec goka.Codec, data []byte, value any) ([]byte, error) {
	if a, ok := codec.(appender); ok {
		return a.AppendEncode(data, value)
	}
	raw, err := codec.Encode(value) // perhaps a part of the input, or kept by the codec: copied
	return append(data, raw...), err
}
