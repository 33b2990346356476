package clickhouse

import (
	"context"
	"fmt"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Insert writes b as one native block. It returns when the block is in the table and in all views over it, or was
// recognised as one that already is.
func (c *Client) Insert(ctx context.Context, b *Block) error {
	return c.do(ctx, "insert_"+b.Mapping.Table, c.cfg.InsertTimeout, true, func(ctx context.Context, conn driver.Conn) error {
		return insert(ctx, conn, b)
	})
}

func insert(ctx context.Context, conn driver.Conn, b *Block) error {
	columns := b.Mapping.columnsOf(b.Columns, b.More)
	names := make([]string, len(columns))
	types := make([]ch.ColumnNameAndType, len(columns))
	for i, col := range columns {
		names[i] = quoted(col.name)
		types[i] = ch.ColumnNameAndType{Name: col.name, Type: col.typ}
	}
	// Under the token as its id, a server runs an insert once at a time.
	ctx = ch.Context(ctx, ch.WithQueryID(b.Token()), ch.WithColumnNamesAndTypes(types), ch.WithSettings(ch.Settings{
		"async_insert":               0,
		"insert_deduplicate":         1,
		"insert_deduplication_token": b.Token(),
		"deduplicate_blocks_in_dependent_materialized_views": 1,
	}))
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+b.Mapping.Table+" ("+strings.Join(names, ", ")+")")
	if err != nil {
		return fmt.Errorf("beginning to insert %s: %w", b.Token(), err)
	}
	defer func() { _ = batch.Close() }() // without effect once sent
	for i, col := range columns {
		if err := batch.Column(i).Append(col.values(b)); err != nil {
			return fmt.Errorf("filling column %s of %s: %w", col.name, b.Token(), err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("inserting %s: %w", b.Token(), err)
	}
	return nil
}
