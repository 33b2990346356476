package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// set parses raw, which a file, the environment or a flag gave, into v. Numbers are taken as written: 1.5 is no int.
func set(v reflect.Value, raw any) error {
	if v.Kind() == reflect.Slice && !v.Addr().Type().Implements(textType) {
		return setList(v, raw)
	}
	s, err := scalar(raw)
	if err != nil {
		return fmt.Errorf("%w, must be %s", err, kind(v.Type()))
	}
	if err := setScalar(v, s); err != nil {
		return fmt.Errorf("%q is not %s", s, kind(v.Type()))
	}
	return nil
}

// setList takes a list, or text with commas. Empty text is an empty list.
func setList(v reflect.Value, raw any) error {
	var items []any
	switch raw := raw.(type) {
	case []any:
		items = raw
	case string:
		for item := range strings.SplitSeq(raw, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	default:
		items = []any{raw}
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := set(list.Index(i), item); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// scalar returns the text of a single value as YAML or the environment gave it.
func scalar(raw any) (string, error) {
	switch raw := raw.(type) {
	case string:
		return raw, nil
	case bool, int, int64, uint64:
		return fmt.Sprint(raw), nil
	case float64:
		return strconv.FormatFloat(raw, 'g', -1, 64), nil
	case nil:
		return "", errors.New("is null")
	default:
		return "", fmt.Errorf("is a %T", raw)
	}
}

func setScalar(v reflect.Value, s string) error {
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		return u.UnmarshalText([]byte(s))
	}
	if v.Type() == durationType {
		d, err := time.ParseDuration(s)
		v.SetInt(int64(d))
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
		return nil
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		v.SetBool(b)
		return err
	case reflect.Float32, reflect.Float64:
		f, err := strconv.ParseFloat(s, v.Type().Bits())
		v.SetFloat(f)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, v.Type().Bits())
		v.SetUint(n)
		return err
	default:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	}
}

// text is the printable form of v. Secrets redact themselves; a password inside a URL is taken out here.
func text(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		items := make([]string, v.Len())
		for i := range items {
			items[i] = text(v.Index(i))
		}
		return strings.Join(items, ",")
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		b, err := m.MarshalText()
		if err != nil {
			return err.Error()
		}
		return string(b)
	}
	s := fmt.Sprint(v.Interface())
	if u, err := url.Parse(s); v.Kind() == reflect.String && err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

// kind says what a value of type t looks like.
func kind(t reflect.Type) string {
	switch {
	case t == durationType:
		return "a duration such as 30s"
	case reflect.PointerTo(t).Implements(textType), t.Kind() == reflect.String:
		return "text"
	case t.Kind() == reflect.Slice:
		return "a list of " + strings.TrimPrefix(kind(t.Elem()), "a ")
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}
