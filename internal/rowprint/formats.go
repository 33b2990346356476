package rowprint

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
)

// writer writes the rows of one result.
type writer interface {
	row(values []any) error
	end() error
}

// formats begin a result with its columns.
var formats = map[string]func(out io.Writer, columns []string) writer{
	"table": newTable, "tsv": newTSV, "csv": newCSV, "json": newJSON,
}

// Formats returns the names of the formats, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// null is how tsv and csv write NULL, as ClickHouse does.
const null = `\N`

// screenful is after how many rows a table is lined up anew.
const screenful = 1000

type table struct {
	tab  *tabwriter.Writer
	rows int
}

func newTable(out io.Writer, columns []string) writer {
	t := &table{tab: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	_ = t.line(columns) // kept until the first flush, which tells
	return t
}

func (t *table) line(cells []string) error {
	for i, c := range cells {
		cells[i] = visible(c)
	}
	_, err := io.WriteString(t.tab, strings.Join(cells, "\t")+"\n")
	return err
}

func (t *table) row(values []any) error {
	if t.rows++; t.rows%screenful == 0 {
		if err := t.tab.Flush(); err != nil {
			return err
		}
	}
	return t.line(texts(values, "NULL"))
}

func (t *table) end() error { return t.tab.Flush() }

type tsv struct{ *bufio.Writer }

func newTSV(out io.Writer, columns []string) writer {
	t := tsv{bufio.NewWriter(out)}
	_ = t.line(columns) // an error stays with the writer
	return t
}

var escapedTSV = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)

func (t tsv) line(cells []string) error {
	_, err := t.WriteString(strings.Join(cells, "\t") + "\n")
	return err
}

func (t tsv) row(values []any) error {
	cells := texts(values, null)
	for i, v := range values {
		if v != nil {
			cells[i] = escapedTSV.Replace(cells[i])
		}
	}
	return t.line(cells)
}

func (t tsv) end() error { return t.Flush() }

type commas struct{ *csv.Writer }

func newCSV(out io.Writer, columns []string) writer {
	c := commas{csv.NewWriter(out)}
	_ = c.Write(columns) // an error stays with the writer
	return c
}

func (c commas) row(values []any) error { return c.Write(texts(values, null)) }

func (c commas) end() error {
	c.Flush()
	return c.Error()
}

// objects writes a JSON object per line, its fields in the order of the columns.
type objects struct {
	*bufio.Writer
	keys [][]byte
	buf  bytes.Buffer
}

func newJSON(out io.Writer, columns []string) writer {
	o := &objects{Writer: bufio.NewWriter(out)}
	for _, c := range columns {
		key, _ := json.Marshal(c) // text is always JSON
		o.keys = append(o.keys, key)
	}
	return o
}

func (o *objects) row(values []any) error {
	o.buf.Reset()
	encoder := json.NewEncoder(&o.buf)
	encoder.SetEscapeHTML(false)
	for i, v := range values {
		o.buf.WriteByte("{,"[min(i, 1)])
		o.buf.Write(o.keys[i])
		o.buf.WriteByte(':')
		if err := encoder.Encode(v); err != nil {
			return err
		}
		o.buf.Truncate(o.buf.Len() - 1) // the encoder ends a line
	}
	o.buf.WriteString("}\n")
	_, err := o.Write(o.buf.Bytes())
	return err
}

func (o *objects) end() error { return o.Flush() }

// visible escapes what would break a table or command a terminal: values are what clients have sent.
func visible(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) {
			b.WriteString(controlEscape(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
