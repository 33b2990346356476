package jsonhand

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
)

// Text appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func Text(b []byte, text string) []byte {
	if !plain(text) {
		return encoded(b, text)
	}
	return append(append(append(b, '"'), text...), '"')
}

// Number appends a JSON number. It must be finite.
func Number(b []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) { // those have exponents
		return encoded(b, f)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// plain reports whether a string looks in JSON as it is.
func plain(text string) bool {
	for ; len(text) >= 8; text = text[8:] {
		w := uint64(text[0]) | uint64(text[1])<<8 | uint64(text[2])<<16 | uint64(text[3])<<24 |
			uint64(text[4])<<32 | uint64(text[5])<<40 | uint64(text[6])<<48 | uint64(text[7])<<56
		if special(w) {
			return false
		}
	}
	w := uint64(0x2020_2020_2020_2020)
	for i := range len(text) {
		w = w<<8 | uint64(text[i])
	}
	return !special(w)
}

// special reports whether one of eight bytes is not printable ASCII, or a quote or a backslash.
func special(w uint64) bool {
	const ones, tops = 0x0101_0101_0101_0101, 0x8080_8080_8080_8080
	zero := func(x uint64) uint64 { return (x - ones) &^ x } // has the top bit of the lowest byte that is 0, and none if there is none
	below := (w - ones*' ') &^ w
	return (w|below|zero(w^ones*'"')|zero(w^ones*'\\')|zero(w^ones*0x7f))&tops != 0
}

// encoded appends what encoding/json writes.
func encoded(b []byte, v any) []byte {
	whole := bytes.NewBuffer(b)
	enc := json.NewEncoder(whole)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // strings and finite numbers always encode
	return bytes.TrimSuffix(whole.Bytes(), []byte("\n"))
}
