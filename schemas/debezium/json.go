package debezium

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// jsonReader reads one JSON text, strictly: no name twice, UTF-8 only, nothing after the end.
type jsonReader struct {
	dec    *jsontext.Decoder
	buffer bytes.Buffer
	text   string // the whole of it: what is plain is a part of it, not a copy
	name   string // the next one, if held
	held   bool
}

var jsonReaders = sync.Pool{New: func() any { return &jsonReader{dec: new(jsontext.Decoder)} }}

func (r *jsonReader) reset(data []byte) {
	r.buffer = *bytes.NewBuffer(data)
	r.dec.Reset(&r.buffer)
	r.text, r.name, r.held = string(data), "", false
}

// readJSON reads an object, and its shape if it is in the form with schema. Members that are objects are kept apart if
// deep is set.
func (d *Decoder) readJSON(data []byte, deep bool) (o object, s *shape, err error) {
	r, _ := jsonReaders.Get().(*jsonReader)
	defer jsonReaders.Put(r)
	if known, payload := d.connect.behind(data); known != nil {
		s = known
		r.reset(payload)
		if o, err = r.payload(s, deep); err == nil && r.rest() != "}" {
			err = refuse(EventProcessing, "not JSON: no end, or more after it")
		}
	} else {
		r.reset(data)
		if o, s, err = r.document(&d.connect, deep); err == nil && r.rest() != "" {
			err = refuse(EventProcessing, "more after its end")
		}
	}
	if err != nil {
		return object{}, nil, err
	}
	return o, s, nil
}

// rest returns what lies behind all that was read, but for spaces.
func (r *jsonReader) rest() string {
	const spaces = " \t\r\n"
	return strings.Trim(r.text[r.dec.InputOffset():], spaces)
}

// document reads the outermost object.
func (r *jsonReader) document(schemas *connectSchemas, deep bool) (object, *shape, error) {
	if err := r.open('{', "an object"); err != nil {
		return object{}, nil, err
	}
	name, _, err := r.peekName()
	if err != nil {
		return object{}, nil, err
	}
	if name != "schema" || r.dec.PeekKind() != '{' {
		o, err := r.object(nil, deep)
		return o, nil, err
	}
	raw, err := r.raw()
	if err != nil {
		return object{}, nil, err
	}
	s, err := schemas.shape(raw)
	if err != nil {
		return object{}, nil, err
	}
	r.held = false
	if name, _, err = r.peekName(); err != nil {
		return object{}, nil, err
	}
	if name != "payload" && r.held {
		return object{}, nil, refuse(SchemaMismatch, "payload: missing after the schema")
	}
	r.held = false
	o, err := r.payload(s, deep)
	if err != nil {
		return object{}, nil, err
	}
	if r.dec.PeekKind() == '"' {
		return object{}, nil, refuse(SchemaMismatch, "more beside its payload")
	}
	return o, s, r.end()
}

// payload reads an object that has a schema.
func (r *jsonReader) payload(s *shape, deep bool) (object, error) {
	if err := r.open('{', "payload: an object"); err != nil {
		return object{}, err
	}
	return r.object(s, deep)
}

// object reads the members of an object whose opening was read, and its end.
func (r *jsonReader) object(s *shape, deep bool) (object, error) {
	o := object{texts: Columns{}}
	if deep {
		o.structs = map[string]Columns{}
	}
	err := r.members(s, func(name string, of *shape, _ int) error {
		if !deep || r.dec.PeekKind() != '{' || of != nil && of.kind != structKind {
			text, err := r.value(of)
			o.texts[name] = text
			return err
		}
		if err := r.open('{', "an object"); err != nil {
			return err
		}
		inner, err := r.object(of, false)
		o.structs[name] = inner.texts
		return err
	})
	return o, err
}

// members calls do before each value of an object whose opening was read, and reads its end. With a shape all fields
// must be there and no others.
func (r *jsonReader) members(s *shape, do func(name string, of *shape, index int) error) error {
	seen := 0
	for {
		name, more, err := r.peekName()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		r.held = false
		var of *shape
		index := 0
		if s != nil {
			var known bool
			if index, known = s.index[name]; !known {
				return refuse(SchemaMismatch, "%s: not in its schema", excerpt(name))
			}
			of = s.fields[index].shape
		}
		if err := do(name, of, index); err != nil {
			return within(name, err)
		}
		seen++
	}
	if err := r.end(); err != nil { // first: what is cut is damaged, not of another schema
		return err
	}
	if s != nil && seen != len(s.fields) {
		return refuse(SchemaMismatch, "%d fields, %d in its schema", seen, len(s.fields))
	}
	return nil
}

// peekName returns the next name of the object that is open, if there is one.
func (r *jsonReader) peekName() (name string, more bool, err error) {
	if !r.held && r.dec.PeekKind() == '"' {
		raw, err := r.raw()
		if err != nil {
			return "", false, err
		}
		r.name, r.held = unquoted(raw), true
	}
	return r.name, r.held, nil
}

// end reads the end of an object or array.
func (r *jsonReader) end() error {
	if _, err := r.dec.ReadToken(); err != nil {
		return damaged(err)
	}
	return nil
}

// open reads the beginning of an object or array.
func (r *jsonReader) open(kind jsontext.Kind, what string) error {
	if got := r.dec.PeekKind(); got != kind && got != 0 {
		return refuse(SchemaMismatch, "not %s but %s", what, got)
	}
	return r.end()
}

// raw reads a value as it is written.
func (r *jsonReader) raw() (string, error) {
	value, err := r.dec.ReadValue()
	if err != nil {
		return "", damaged(err)
	}
	end := int(r.dec.InputOffset())
	return r.text[end-len(value) : end], nil
}

// damaged says that a text is no JSON.
func damaged(err error) error { return refuse(EventProcessing, "not JSON: %w", err) }

// isPlain reports whether what lies between quotes stands for itself.
func isPlain(inner string) bool { return strings.IndexByte(inner, '\\') < 0 }
