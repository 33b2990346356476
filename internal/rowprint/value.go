package rowprint

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var timeTypes = regexp.MustCompile(`\b(DateTime64\((\d)|DateTime|Date)`)

// timeLayout is how ClickHouse writes the times of a type, wherever they are in it.
func timeLayout(databaseType string) string {
	m := timeTypes.FindStringSubmatch(databaseType)
	if m == nil || m[1] == "DateTime" {
		return time.DateTime
	}
	if m[1] == "Date" {
		return time.DateOnly
	}
	digits, _ := strconv.Atoi(m[2]) // one digit
	if digits == 0 {
		return time.DateTime
	}
	return time.DateTime + "." + strings.Repeat("0", digits)
}

// plain turns a scanned value into what encoding/json writes as it should be: nil for NULL, text for times, lists, maps
// by text, and numbers.
func plain(v reflect.Value, layout string) any {
	switch v.Kind() {
	case reflect.Invalid:
		return nil
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		if whole, ok := reflect.TypeAssert[*big.Int](v); ok {
			return json.Number(whole.String())
		}
		return plain(v.Elem(), layout)
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return notFinite(f)
		}
	default:
	}
	switch t := v.Interface().(type) {
	case time.Time:
		return t.Format(layout)
	case fmt.Stringer:
		return t.String() // UUIDs, decimals, addresses
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = plain(v.Index(i), layout)
		}
		return list
	case reflect.Map:
		object := make(map[string]any, v.Len())
		for at := v.MapRange(); at.Next(); {
			object[text(plain(at.Key(), layout), "")] = plain(at.Value(), layout)
		}
		return object
	default:
		return v.Interface()
	}
}

// notFinite is a number that JSON has none for: null there, its name elsewhere.
type notFinite float64

// MarshalJSON writes null.
func (notFinite) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// String writes it as ClickHouse does.
func (f notFinite) String() string {
	switch {
	case math.IsNaN(float64(f)):
		return "nan"
	case f > 0:
		return "inf"
	default:
		return "-inf"
	}
}

// texts writes plain values as cells.
func texts(values []any, null string) []string {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = text(v, null)
	}
	return cells
}

func text(v any, null string) string {
	switch t := v.(type) {
	case nil:
		return null
	case []any, map[string]any:
		list, err := json.Marshal(t)
		if err != nil {
			return fmt.Sprint(t)
		}
		return string(list)
	default:
		return fmt.Sprint(t)
	}
}

// controlEscape writes a control character as Go does: \t, \n, \x1b.
func controlEscape(r rune) string {
	quoted := strconv.QuoteRune(r)
	return quoted[1 : len(quoted)-1]
}
