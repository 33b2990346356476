package debezium

import (
	"encoding/base64"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// value reads a value and returns its one form; without a shape, as it is written, but without spaces and needless
// escapes.
func (r *jsonReader) value(s *shape) (string, error) {
	switch kind := r.dec.PeekKind(); {
	case s == nil:
		return r.untyped()
	case kind == 'n':
		if !s.optional {
			return "", refuse(SchemaMismatch, "null, which its schema does not allow")
		}
		return r.raw()
	case s.kind == arrayKind && kind == '[':
		return r.array(s)
	case s.kind == mapKind && kind == '{':
		return r.dictionary(s)
	case s.kind == structKind && kind == '{':
		return r.structure(s)
	}
	raw, err := r.raw()
	if err != nil {
		return "", err
	}
	return s.scalar(raw)
}

func (r *jsonReader) untyped() (string, error) {
	raw, err := r.raw()
	if err != nil {
		return "", err
	}
	if c := raw[0]; c != '{' && c != '[' && isPlain(raw) {
		return raw, nil
	}
	formatted, err := jsontext.AppendFormat(nil, raw)
	if err != nil {
		return "", damaged(err)
	}
	return string(formatted), nil
}

// scalar returns the one form of a literal, number or string.
func (s *shape) scalar(raw string) (string, error) {
	quoted := raw[0] == '"'
	switch s.kind {
	case boolKind:
		if raw == "true" || raw == "false" {
			return raw, nil
		}
	case intKind:
		if n, err := strconv.ParseInt(raw, 10, s.bits); err == nil {
			return s.integerText(n)
		}
	case floatKind:
		if quoted {
			switch raw {
			case `"NaN"`, `"Infinity"`, `"-Infinity"`:
				return raw, nil
			}
		} else if f, err := strconv.ParseFloat(raw, s.bits); err == nil {
			return s.floatText(f), nil
		}
	case stringKind:
		if quoted && s.form == asWritten && isPlain(raw) {
			return raw, nil
		}
		if quoted {
			return s.stringText(unquoted(raw)), nil
		}
	case bytesKind:
		if quoted {
			if b, err := base64.StdEncoding.DecodeString(unquoted(raw)); err == nil {
				return s.bytesText(b), nil
			}
		} else if s.form == decimal {
			if digits, ok := decimalNumber(raw, s.scale); ok {
				return quote(digits), nil
			}
		}
	default:
	}
	return "", refuse(SchemaMismatch, "%s is not what its schema says", excerpt(raw))
}

func (r *jsonReader) array(s *shape) (string, error) {
	if err := r.open('[', "an array"); err != nil {
		return "", err
	}
	b := []byte{'['}
	for kind := r.dec.PeekKind(); kind != ']'; kind = r.dec.PeekKind() {
		item, err := r.value(s.items)
		if err != nil {
			return "", err
		}
		b = append(appendComma(b), item...)
	}
	return string(append(b, ']')), r.end()
}

func (r *jsonReader) dictionary(s *shape) (string, error) {
	if err := r.open('{', "a map"); err != nil {
		return "", err
	}
	values := map[string]string{}
	err := r.members(nil, func(name string, _ *shape, _ int) (err error) {
		values[name], err = r.value(s.items)
		return err
	})
	return dictionaryText(values), err
}

func (r *jsonReader) structure(s *shape) (string, error) {
	if err := r.open('{', "a struct"); err != nil {
		return "", err
	}
	texts := make([]string, len(s.fields))
	err := r.members(s, func(_ string, of *shape, index int) (err error) {
		texts[index], err = r.value(of)
		return err
	})
	if err != nil {
		return "", err
	}
	return s.structText(texts)
}
