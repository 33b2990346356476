package debezium

import (
	"encoding/base64"
	"maps"
	"math"
	"slices"
	"strconv"
)

// kind is how a value lies on the wire.
type kind int

const (
	boolKind kind = iota
	intKind
	floatKind
	stringKind
	bytesKind
	arrayKind
	mapKind
	structKind
)

// shape is a Connect schema: what a converter wrote a value by.
type shape struct {
	kind     kind
	bits     int  // of integers and floats
	form     form // what the value means beyond its kind
	scale    int  // of decimals
	optional bool
	union    bool           // Avro: the value lies in a union
	items    *shape         // of arrays and dictionaries
	fields   []field        // of structures
	index    map[string]int // of fields by name
}

type field struct {
	name  string
	shape *shape
}

func (s *shape) add(name string, of *shape) bool {
	if s.index == nil {
		s.index = map[string]int{}
	}
	if _, twice := s.index[name]; twice {
		return false
	}
	s.index[name] = len(s.fields)
	s.fields = append(s.fields, field{name, of})
	return true
}

// integerText returns the text of an integer.
func (s *shape) integerText(n int64) (string, error) {
	switch s.form {
	case asWritten:
		return strconv.FormatInt(n, 10), nil
	case date:
		return dateText(n), nil
	case timeMillis, timeMicros, timeNanos:
		return timeText(n, unitsPerSecond[s.form])
	default:
		return timestampText(n, unitsPerSecond[s.form]), nil
	}
}

// floatText returns the text of a float. JSON has no numbers for three of them.
func (s *shape) floatText(f float64) string {
	switch {
	case math.IsNaN(f):
		return `"NaN"`
	case math.IsInf(f, 1):
		return `"Infinity"`
	case math.IsInf(f, -1):
		return `"-Infinity"`
	}
	return strconv.FormatFloat(f, 'g', -1, s.bits)
}

// stringText returns the text of a string, which must be UTF-8.
func (s *shape) stringText(value string) string {
	if s.form == zoned {
		value = zonedText(value)
	}
	return quote(value)
}

// bytesText returns the text of bytes.
func (s *shape) bytesText(b []byte) string {
	if s.form == decimal {
		return quote(decimalText(b, s.scale))
	}
	return `"` + base64.StdEncoding.EncodeToString(b) + `"`
}

// structText returns the text of a structure from those of its fields.
func (s *shape) structText(texts []string) (string, error) {
	if s.form == variableDecimal {
		return variableDecimalText(s, texts)
	}
	b := []byte{'{'}
	for i, f := range s.fields {
		b = append(append(appendComma(b), quote(f.name)...), ':')
		b = append(b, texts[i]...)
	}
	return string(append(b, '}')), nil
}

// dictionaryText returns the text of a map from those of its values, in the order of its keys.
func dictionaryText(values map[string]string) string {
	b := []byte{'{'}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		b = append(append(appendComma(b), quote(key)...), ':')
		b = append(b, values[key]...)
	}
	return string(append(b, '}'))
}

// appendComma appends a comma, but for behind the beginning of an array or object.
func appendComma(b []byte) []byte {
	if len(b) == 1 {
		return b
	}
	return append(b, ',')
}
