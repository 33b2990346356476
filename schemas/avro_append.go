package schemas

import "encoding/binary"

// Avro's int and long are the same varint: zigzag, seven bits a byte.
func appendLong(dst []byte, n int64) []byte {
	u := uint64(n)<<1 ^ uint64(n>>63)
	if u < 0x80 { // counts mostly are
		return append(dst, byte(u))
	}
	return binary.AppendUvarint(dst, u)
}

func appendString(dst []byte, s string) []byte {
	return append(appendLong(dst, int64(len(s))), s...)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, 1)
	}
	return append(dst, 0)
}
