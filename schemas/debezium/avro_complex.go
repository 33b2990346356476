package debezium

import (
	"strconv"
	"strings"
)

// complex compiles a type that is written as an object.
func (c *avroCompiler) complex(name string, node map[string]any, namespace string) (*shape, any, error) {
	basic, ok := avroTypes[name]
	if !ok {
		return c.byName(name, namespace)
	}
	s := &basic
	bare := map[string]any{"type": name}
	var err error
	full := ""
	switch name {
	case "array":
		s.items, bare["items"], err = c.compile(node["items"], namespace)
	case "map":
		s.items, bare["values"], err = c.compile(node["values"], namespace)
	case "record", "enum", "fixed":
		if full, err = avroName(node, namespace); err == nil {
			c.count++
			bare["name"] = "t" + strconv.Itoa(c.count)
			err = c.define(s, bare, node, full)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	logical, _ := node["connect.name"].(string)
	if err := s.mean(logical, func() (int, bool) { return avroScale(node) }); err != nil {
		return nil, nil, err
	}
	if full != "" {
		name, _ := bare["name"].(string)
		c.named[full] = named{s, name}
	}
	return s, bare, nil
}

// define fills what a named type has beside its name.
func (c *avroCompiler) define(s *shape, bare, node map[string]any, full string) error {
	if _, twice := c.named[full]; twice {
		return refuse(SchemaMismatch, "its schema has %q twice", excerpt(full))
	}
	switch s.kind {
	case structKind:
		return c.fields(s, bare, node, full)
	case stringKind:
		bare["symbols"] = node["symbols"]
	default:
		bare["size"] = node["size"]
	}
	return nil
}

func (c *avroCompiler) fields(s *shape, bare, node map[string]any, full string) error {
	namespace := ""
	if dot := strings.LastIndexByte(full, '.'); dot >= 0 {
		namespace = full[:dot]
	}
	list, ok := node["fields"].([]any)
	fields := make([]any, 0, len(list))
	for _, item := range list {
		of, _ := item.(map[string]any)
		name, _ := of["name"].(string)
		shape, text, err := c.compile(of["type"], namespace)
		if err != nil {
			return err
		}
		if name == "" || !s.add(name, shape) {
			return refuse(SchemaMismatch, "its schema has a field twice or without a name: %q", excerpt(name))
		}
		fields = append(fields, map[string]any{"name": name, "type": text})
	}
	if !ok {
		return refuse(SchemaMismatch, "its schema has a record without fields")
	}
	bare["fields"] = fields
	return nil
}

// avroName returns the full name of a type, which must have one.
func avroName(node map[string]any, namespace string) (string, error) {
	name, _ := node["name"].(string)
	if own, ok := node["namespace"].(string); ok {
		namespace = own
	}
	if name == "" {
		return "", refuse(SchemaMismatch, "its schema has a type without a name")
	}
	return fullName(name, namespace), nil
}

// avroScale returns the scale of a decimal, from where converters put it.
func avroScale(node map[string]any) (int, bool) {
	if parameters, ok := node["connect.parameters"].(map[string]any); ok {
		if text, ok := parameters["scale"].(string); ok {
			return parseScale(text)
		}
	}
	n, ok := node["scale"].(float64)
	return int(n), ok && n >= -maxScale && n <= maxScale
}
