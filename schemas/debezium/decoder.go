package debezium

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// Decoder reads records. It is safe for use by many goroutines.
type Decoder struct {
	unavailable placeholders
	full        map[tableName]bool
	signals     map[tableName]bool
	connect     connectSchemas
	avro        avroSchemas
}

type tableName struct{ schema, table string }

// New returns a decoder that asks schemas for what it meets in Avro. The error names an option that breaks its rule.
func New(options Options, schemas Schemas) (*Decoder, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	placeholder, err := options.placeholder()
	if err != nil {
		return nil, err
	}
	return &Decoder{
		unavailable: newPlaceholders(placeholder),
		full:        tableNames(options.Full),
		signals:     tableNames(options.Signals),
		avro:        avroSchemas{lookup: schemas},
	}, nil
}

func tableNames(names []string) map[tableName]bool {
	set := make(map[tableName]bool, len(names))
	for _, name := range names {
		schema, table, _ := strings.Cut(name, ".")
		set[tableName{schema, table}] = true
	}
	return set
}

// Decode says what a record is. An *Error is about the record; any other error says that it cannot be read now, because
// a schema could not be asked for.
func (d *Decoder) Decode(ctx context.Context, r Record) (Result, error) {
	if r.Value == nil {
		return Result{Skip: Tombstone}, nil
	}
	result, err := d.decode(ctx, r)
	if err != nil {
		return Result{}, within(fmt.Sprintf("%s/%d at %d", r.Topic, r.Partition, r.Offset), err)
	}
	return result, nil
}

func (d *Decoder) decode(ctx context.Context, r Record) (Result, error) {
	value, shape, err := d.read(ctx, r.Value, true)
	if err != nil {
		return Result{}, within("value", err)
	}
	if value.has("status") || value.has("data_collections") {
		b, err := boundary(value)
		return Result{Boundary: b}, within("value", err)
	}
	t := types{row: shape.rows()}
	key, err := d.key(ctx, r.Key, &t)
	switch {
	case err != nil:
		return Result{}, within("key", err)
	case isHeartbeat(key, value):
		return Result{Skip: Heartbeat}, nil
	case !value.has("op") && !value.has("source"):
		return Result{}, refuse(Connector, "value: neither op nor source: not an envelope of Debezium")
	}
	e, err := d.event(value, key, t)
	if err != nil {
		return Result{}, within("value", err)
	}
	if err := d.halves(ctx, e, r.Headers, t); err != nil {
		return Result{}, err
	}
	if d.signals[tableName{e.Schema, e.Table}] {
		return Result{Skip: Signal}, nil
	}
	e.ID = e.id()
	return Result{Event: e}, nil
}

// read reads an object in whatever format, and its shape if the format tells.
func (d *Decoder) read(ctx context.Context, data []byte, deep bool) (object, *shape, error) {
	switch {
	case len(data) == 0:
		return object{}, nil, refuse(EventProcessing, "empty")
	case data[0] == frameMagic:
		return d.readAvro(ctx, data, deep)
	case data[0] == '{':
		return d.readJSON(data, deep)
	}
	return object{}, nil, refuse(Connector, "neither JSON nor Avro in a frame: %q", excerpt(string(data[:min(len(data), 20)])))
}

// key reads a key, and notes its shape if the format tells.
func (d *Decoder) key(ctx context.Context, data []byte, t *types) (Columns, error) {
	if len(data) == 0 {
		return nil, nil
	}
	o, s, err := d.read(ctx, data, false)
	switch {
	case err != nil:
		return nil, err
	case len(o.texts) == 0:
		return nil, refuse(SchemaMismatch, "no columns")
	case s == nil:
		return o.texts, t.row.retype(o.texts)
	}
	t.key = s
	return o.texts, nil
}

// isHeartbeat reports whether a record only says that a connector lives.
func isHeartbeat(key Columns, value object) bool {
	k, v := members{of: key}, members{of: value.texts}
	k.text("serverName")
	v.integer("ts_ms")
	return k.err == nil && v.err == nil && len(key) == 1 && len(value.texts) == 1 && len(value.structs) == 0
}

// halves reads the headers by which the two halves of a change of the primary key know each other.
func (d *Decoder) halves(ctx context.Context, e *Event, headers map[string][]byte, t types) error {
	const newKey, oldKey = "__debezium.newkey", "__debezium.oldkey"
	var name string
	var half *Columns
	switch e.Operation {
	case Delete:
		name, half = newKey, &e.NewKey
	case Create:
		name, half = oldKey, &e.OldKey
	default:
		return nil
	}
	data, ok := headers[name]
	if !ok {
		return nil
	}
	// Debezium writes the header as JSON without schema, whatever the key is.
	o, s, err := d.read(ctx, data, false)
	if err == nil && s == nil {
		err = cmp.Or(t.key, t.row).retype(o.texts)
	}
	switch {
	case err != nil:
		return within("header "+name, err)
	case !sameTypes(o.texts, e.Key):
		return refuse(SchemaMismatch, "header %s: other columns than the key", name)
	}
	*half = o.texts
	return nil
}

// sameTypes reports whether two keys can be of one table.
func sameTypes(a, b Columns) bool {
	for name, text := range a {
		if other := b[name]; other == "" || (other[0] == '"') != (text[0] == '"') {
			return false
		}
	}
	return len(a) == len(b)
}
