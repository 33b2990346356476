package schemas

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes at a time: the bytes of a word are compared all at once, and each that matches has its high bit set in the
// result. Only the first match is sure: a borrow may run on into the bytes behind it.
const (
	wordSize = 8
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

// below marks bytes less than c, which is at most 0x80.
func below(w uint64, c byte) uint64 { return (w - lowBits*uint64(c)) &^ w & highBits }

// equal marks bytes that are c.
func equal(w uint64, c byte) uint64 { return below(w^lowBits*uint64(c), 1) }

// first returns the place of the first byte marked; there must be one.
func first(marks uint64) int { return bits.TrailingZeros64(marks) / 8 }
