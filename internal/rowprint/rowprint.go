// Package rowprint writes the rows of a ClickHouse query for people and for other programs: as a table, TSV, CSV or JSON.
//
//	rowprint.go   Write: rows from a driver, one at a time, up to a limit
//	formats.go    the formats
//	value.go      pure: what a value looks like
//
// Rows are written as they come and not kept, so a result may be of any size; a table is lined up a screenful at a time.
// It does not ask the server.
package rowprint

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// ErrMoreRows says that the result had more rows than were to be written.
var ErrMoreRows = errors.New("rowprint: there are more rows")

// Rows are what a driver gives: the part of driver.Rows that is needed.
type Rows interface {
	Columns() []string
	ColumnTypes() []driver.ColumnType
	Next() bool
	Scan(dest ...any) error
	Err() error
}

// Write writes rows to out in the format of that name, with the names of the columns first. After limit rows it stops
// with ErrMoreRows if there are more; 0 is no limit. What it has written when it fails is whole lines.
func Write(out io.Writer, format string, rows Rows, limit int) error {
	begin, ok := formats[format]
	if !ok {
		return fmt.Errorf("rowprint: no format is named %q", format)
	}
	columns := newColumns(rows.ColumnTypes())
	w := begin(out, rows.Columns())
	for n := 1; rows.Next(); n++ {
		if limit > 0 && n > limit {
			return errors.Join(w.end(), ErrMoreRows)
		}
		values, err := columns.read(rows)
		if err != nil {
			return errors.Join(w.end(), err)
		}
		if err := w.row(values); err != nil {
			return fmt.Errorf("writing rows: %w", err)
		}
	}
	if err := w.end(); err != nil {
		return fmt.Errorf("writing rows: %w", err)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading rows: %w", err)
	}
	return nil
}

// columns are where the values of a row are scanned to.
type columns struct {
	dest    []any    // pointers
	layouts []string // of the times in each
}

func newColumns(types []driver.ColumnType) columns {
	var c columns
	for _, t := range types {
		scan := t.ScanType()
		// The driver gives the type without the null here.
		if strings.HasPrefix(t.DatabaseTypeName(), "LowCardinality(Nullable(") && scan.Kind() != reflect.Pointer {
			scan = reflect.PointerTo(scan)
		}
		c.dest = append(c.dest, reflect.New(scan).Interface())
		c.layouts = append(c.layouts, timeLayout(t.DatabaseTypeName()))
	}
	return c
}

func (c columns) read(rows Rows) ([]any, error) {
	if err := rows.Scan(c.dest...); err != nil {
		return nil, fmt.Errorf("reading a row: %w", err)
	}
	values := make([]any, len(c.dest))
	for i, d := range c.dest {
		values[i] = plain(reflect.ValueOf(d).Elem(), c.layouts[i])
	}
	return values, nil
}
