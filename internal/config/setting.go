package config

import (
	"encoding"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Setting is one value of the configuration: a leaf of Config.
type Setting struct {
	Key   string       // path in the file, such as kafka.brokers
	Owner reflect.Type // struct that holds it
	Field string       // name of the field in Owner
	value reflect.Value
}

// Env returns the environment variable that sets it.
func (s Setting) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Text returns the value as it may be printed and, secrets apart, read back.
func (s Setting) Text() string { return text(s.value) }

// Kind says for a reader what the value must look like.
func (s Setting) Kind() string { return kind(s.value.Type()) }

// Settings lists all settings of c in the order of the struct. They refer to c: setting one changes it.
func Settings(c *Config) []Setting {
	return settings("", reflect.ValueOf(c).Elem(), nil)
}

// settings walks v. A field is named by its koanf tag, else by its own name in snake case. What cannot be written in a
// file (pointers, functions, interfaces) and what the omit tag of the section names is left out.
func settings(prefix string, v reflect.Value, omit []string) []Setting {
	var all []Setting
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("koanf")
		if name == "" {
			name = snake(f.Name)
		}
		if !f.IsExported() || name == "-" || slices.Contains(omit, f.Name) {
			continue
		}
		switch {
		case f.Anonymous: // a part of the same section
			all = append(all, settings(prefix, v.Field(i), omit)...)
		case isLeaf(f.Type):
			all = append(all, Setting{Key: prefix + name, Owner: v.Type(), Field: f.Name, value: v.Field(i)})
		case f.Type.Kind() == reflect.Struct:
			all = append(all, settings(prefix+name+".", v.Field(i), strings.Split(f.Tag.Get("omit"), ","))...)
		}
	}
	return all
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isLeaf reports whether a value of type t can be written as text: a scalar or a list of scalars.
func isLeaf(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	case reflect.Slice:
		return t.Elem().Kind() != reflect.Slice && isLeaf(t.Elem())
	default:
		return false
	}
}

// snake turns HTTPAddr into http_addr.
func snake(name string) string {
	var b strings.Builder
	r := []rune(name)
	for i, c := range r {
		startsWord := i > 0 && unicode.IsUpper(c) && (!unicode.IsUpper(r[i-1]) || i+1 < len(r) && unicode.IsLower(r[i+1]))
		if startsWord {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
