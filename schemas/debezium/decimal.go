package debezium

import (
	"encoding/base64"
	"math/big"
	"strconv"
	"strings"
)

// maxScale bounds the digits that a few bytes can ask for; PostgreSQL has at most 16,383 after the point.
const maxScale = 16_383

// decimalText returns the digits of a number: two's complement, big endian, of units of 10^-scale.
func decimalText(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
	}
	if scale <= 0 {
		return n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil)).String()
	}
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
	}
	digits := n.Abs(n).String()
	if missing := scale + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - scale
	return sign + digits[:point] + "." + digits[point:]
}

// decimalNumber returns the digits of a number that a converter wrote as such (decimal.format=NUMERIC).
func decimalNumber(raw string, scale int) (string, bool) {
	if mantissa, exponent, _ := strings.Cut(strings.ToLower(raw), "e"); len(mantissa) > 0 && exponent != "" {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxScale || e < -maxScale {
			return "", false
		}
	}
	r, ok := new(big.Rat).SetString(raw)
	if !ok {
		return "", false
	}
	return r.FloatString(max(scale, 0)), true
}

func (s *shape) isVariableDecimal() bool {
	scale, ok := s.index["scale"]
	value, both := s.index["value"]
	return ok && both && len(s.fields) == 2 && s.fields[scale].shape.kind == intKind && s.fields[value].shape.kind == bytesKind
}

// variableDecimalText returns the digits of a number that brings its scale.
func variableDecimalText(s *shape, texts []string) (string, error) {
	scale, err := strconv.Atoi(texts[s.index["scale"]])
	if err != nil || scale > maxScale || scale < -maxScale {
		return "", refuse(SchemaMismatch, "a decimal with scale %s", texts[s.index["scale"]])
	}
	encoded, ok := unquote(texts[s.index["value"]])
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || !ok {
		return "", refuse(SchemaMismatch, "a decimal without a value")
	}
	return quote(decimalText(b, scale)), nil
}
