package schemas

import (
	"encoding/binary"
	"math"
)

// avroReader reads one Avro body by hand. It knows no faults, only doubt: whatever it does not understand at once sets
// it, everything read from then on is zero, and the schema-driven decoder has to look at the body.
type avroReader struct {
	data  []byte
	text  string // data once more where the record holds strings, which are parts of it; otherwise empty
	at    int    // of the first byte not read
	doubt bool
}

// done reports whether all of the body was read and understood.
func (r *avroReader) done() bool { return !r.doubt && r.at == len(r.data) }

// giveUp ends reading: nothing is left to read.
func (r *avroReader) giveUp() {
	r.doubt = true
	r.at = len(r.data)
}

// long reads a long.
func (r *avroReader) long() int64 {
	if r.at < len(r.data) && r.data[r.at] < 0x80 { // nearly every count
		r.at++
		return unzigzag(uint64(r.data[r.at-1]))
	}
	if r.at+1 < len(r.data) && r.data[r.at+1] < 0x80 { // nearly every difference of times
		r.at += 2
		return unzigzag(uint64(r.data[r.at-2]&0x7f) | uint64(r.data[r.at-1])<<7)
	}
	u, n := binary.Uvarint(r.data[r.at:])
	if n <= 0 { // cut off, or beyond 64 bits
		r.giveUp()
		return 0
	}
	r.at += n
	return unzigzag(u)
}

// int reads an int; one of more than 32 bits, or of more than the five bytes these take, is doubtful.
func (r *avroReader) int() int32 {
	start := r.at
	n := r.long()
	if r.at-start > 5 || n < math.MinInt32 || n > math.MaxInt32 {
		r.giveUp()
		return 0
	}
	return int32(n)
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// enum reads the ordinal of an enum of n symbols.
func (r *avroReader) enum(n int32) uint8 {
	i := r.int()
	if i < 0 || i >= n {
		r.giveUp()
		return 0
	}
	return uint8(i)
}

func (r *avroReader) bool() bool {
	b := r.fixed(1)
	if b == nil || b[0] > 1 {
		r.giveUp()
		return false
	}
	return b[0] == 1
}

func (r *avroReader) string() string {
	n := r.long()
	if n < 0 || n > int64(len(r.text)-r.at) {
		r.giveUp()
		return ""
	}
	start := r.at
	r.at += int(n)
	return r.text[start:r.at]
}

// fixed returns the next n bytes, not a copy; nil if there are fewer.
func (r *avroReader) fixed(n int) []byte {
	if n > len(r.data)-r.at {
		r.giveUp()
		return nil
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

// items reads how many items of at least size bytes an array holds, in the one block nearly everybody writes. After the
// items comes end.
func (r *avroReader) items(size int) int {
	n := r.long()
	if n < 0 || n > int64((len(r.data)-r.at)/size) {
		r.giveUp()
		return 0
	}
	return int(n)
}

// end reads the end of an array of n items. An empty one has ended with its count.
func (r *avroReader) end(n int) {
	if n > 0 && r.long() != 0 { // another block
		r.giveUp()
	}
}
