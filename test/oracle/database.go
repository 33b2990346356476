package oracle

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Rows are the rows of a table of the application's database by natural id: texts by column, without those that are NULL.
// Times are as Debezium writes them; of long texts the beginning and a checksum stand there.
type Rows map[string]map[string]string

// RowsOf makes rows of what the database says of a table as JSON.
func RowsOf(tb testing.TB, e topology.Entity, list []map[string]any) Rows {
	tb.Helper()
	rows := Rows{}
	for _, values := range list {
		row := map[string]string{}
		for name, value := range values {
			if value == nil {
				continue
			}
			row[name] = brief(fmt.Sprint(value))
			if strings.HasSuffix(name, "_at") {
				row[name] = moment(tb, row[name], "2006-01-02T15:04:05.999999Z07:00")
			}
		}
		rows[nameOf(e, row)] = row
	}
	require.Len(tb, rows, len(list))
	return rows
}

// Table returns the rows of the table that a group keeps, and the columns of rows whose values it does not know.
func Table(tb testing.TB, cfg *config.Config, e topology.Entity) (rows Rows, unknown map[string][]string) {
	tb.Helper()
	codecs, err := schemas.NewCodecs(tb.Context(), &schemas.Offline{})
	require.NoError(tb, err)
	rows, unknown = Rows{}, map[string][]string{}
	kept := streamstest.ReadTable(tb, cfg.StreamsConfig(), string(e.Keeper)+"-table", codecs.EntityRows)
	emptied, _ := kept[schemas.TruncatedRow].(*schemas.EntityRow) // each partition has one, of the same position
	for id, r := range kept {
		row, ok := r.(*schemas.EntityRow)
		require.True(tb, ok)
		if row.Deleted || id == schemas.TruncatedRow || emptied != nil && row.Position.Before(emptied.Position) {
			continue
		}
		rows[id] = map[string]string{}
		for _, c := range row.Columns {
			if text, ok := schemas.ColumnText(c.Value); ok {
				rows[id][c.Name] = brief(text)
			}
		}
		if names := row.Unknown(); len(names) > 0 {
			unknown[id] = names
		}
	}
	return rows, unknown
}

// Mirror returns the rows of the copy in ClickHouse, as analysts see them.
func Mirror(tb testing.TB, cfg *config.Config, stack *devstack.Stack, e topology.Entity) Rows {
	tb.Helper()
	rows := Rows{}
	list := devstacktest.Query(tb, stack, cfg.ClickHouse.Database, "SELECT * FROM "+topology.MirrorOf(e.Table).Table+"_current") //nolint:unqueryvet // whatever columns it has
	for _, values := range list {
		row := map[string]string{}
		for name, value := range values {
			text, ok := value.(string)
			if !ok {
				require.Nil(tb, value)
				continue
			}
			row[name] = brief(text)
			if strings.HasSuffix(name, "_at") {
				row[name] = moment(tb, text, "2006-01-02 15:04:05.999999")
			}
		}
		id := nameOf(e, row)
		require.NotContains(tb, rows, id, "a row is there once")
		rows[id] = row
	}
	return rows
}

// Mirrored reports whether a table has a copy in ClickHouse.
func Mirrored(e topology.Entity) bool {
	return slices.Contains(topology.Sinks(), topology.MirrorOf(e.Table))
}

func nameOf(e topology.Entity, row map[string]string) string {
	var id []string
	for _, name := range e.Key {
		id = append(id, row[name])
	}
	return schemas.NaturalID(id...)
}

// moment brings a time into Debezium's form. Infinities stay what they are.
func moment(tb testing.TB, text, layout string) string {
	tb.Helper()
	if strings.HasSuffix(text, "infinity") {
		return text
	}
	at, err := time.Parse(layout, text)
	require.NoError(tb, err)
	return at.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func brief(text string) string {
	if len(text) <= 100 {
		return text
	}
	return fmt.Sprintf("%.50s… (%d bytes, %08x)", text, len(text), crc32.ChecksumIEEE([]byte(text)))
}
