// Package murmur2 is the key hash of Kafka's Java clients, so that every program here finds a key in the partition in
// which Debezium, Kafka Streams and other Java producers put it.
//
// Sum32 returns the hash with the sign bit cleared, as Java's `toPositive(murmur2(key)) % partitions` needs it: goka
// and sarama take the value modulo the number of partitions as it is. It does not choose partitions for records
// without a key.
package murmur2

import (
	"encoding/binary"
	"hash"
)

const (
	seed = 0x9747b28c
	m    = 0x5bd1e995
	r    = 24
	mask = 0x7fffffff
)

// Sum32 returns the masked hash of key.
func Sum32(key []byte) uint32 { return sum(key) & mask }

// Partition returns the partition of key among n > 0 partitions.
func Partition(key []byte, n int32) int32 { return int32(Sum32(key) % uint32(n)) }

// New returns a hash whose Sum32 is masked. Its Sum is the same value, big-endian.
func New() hash.Hash32 { return &digest{} }

// digest keeps what was written: the length of the whole input is part of the first step of the hash.
type digest struct{ buf []byte }

func (d *digest) Write(p []byte) (int, error) {
	d.buf = append(d.buf, p...)
	return len(p), nil
}

func (d *digest) Sum32() uint32        { return Sum32(d.buf) }
func (d *digest) Sum(in []byte) []byte { return binary.BigEndian.AppendUint32(in, d.Sum32()) }
func (d *digest) Reset()               { d.buf = d.buf[:0] }
func (d *digest) Size() int            { return 4 }
func (d *digest) BlockSize() int       { return 4 }

func sum(b []byte) uint32 {
	h := seed ^ uint32(len(b))
	for ; len(b) >= 4; b = b[4:] {
		k := binary.LittleEndian.Uint32(b) * m
		k = (k ^ k>>r) * m
		h = h*m ^ k
	}
	switch len(b) {
	case 3:
		h ^= uint32(b[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(b[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(b[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
