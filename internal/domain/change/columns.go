package change

import (
	"slices"
	"strings"
)

// Column is a name and the text of a JSON value.
type Column struct {
	Name  string `avro:"name"  json:"name"`
	Value string `avro:"value" json:"value"`
}

// Columns are columns, ascending by name, each once.
type Columns []Column

// ColumnsOf returns the columns of a map.
func ColumnsOf(values map[string]string) Columns {
	if len(values) == 0 {
		return nil
	}
	c := make(Columns, 0, len(values))
	for name, value := range values {
		c = append(c, Column{name, value})
	}
	slices.SortFunc(c, func(a, b Column) int { return strings.Compare(a.Name, b.Name) })
	return c
}

// Get returns the value of a column, and whether there is one.
func (c Columns) Get(name string) (value string, ok bool) {
	at, found := c.find(name)
	if !found {
		return "", false
	}
	return c[at].Value, true
}

// With returns c with a column set. c is not to be used any more.
func (c Columns) With(name, value string) Columns {
	at, found := c.find(name)
	if found {
		c[at].Value = value
		return c
	}
	return slices.Insert(c, at, Column{name, value})
}

// Without returns c without a column. c is not to be used any more.
func (c Columns) Without(name string) Columns {
	at, found := c.find(name)
	if !found {
		return c
	}
	return slices.Delete(c, at, at+1)
}

func (c Columns) find(name string) (at int, found bool) {
	return slices.BinarySearchFunc(c, name, func(x Column, name string) int { return strings.Compare(x.Name, name) })
}
