package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

var _ Table = (*Client)(nil)

// count is what queries give that count.
type count struct {
	N uint64 `ch:"n"`
}

// in puts the table's name into a query about rows.
func (m *Mapping) in(query string) string { return strings.ReplaceAll(query, "{table}", m.Table) }

// Holds reports whether the table has rows read from that incarnation of the topic and partition.
func (c *Client) Holds(ctx context.Context, m *Mapping, topicID string, partition int32) (bool, error) {
	row, err := QueryRow[count](ctx, c, "holds", m.in(holdsSQL), ch.Named("topic_id", topicID), ch.Named("partition", partition))
	if err != nil {
		return false, fmt.Errorf("looking for rows of partition %d: %w", partition, err)
	}
	return row.N > 0, nil
}

// Rows counts the rows of the block's range and part that are in the table, whatever the attempt.
func (c *Client) Rows(ctx context.Context, b *Block) (uint64, error) {
	row, err := QueryRow[count](ctx, c, "rows_of_block", b.Mapping.in(rowsSQL),
		ch.Named("topic_id", b.TopicID), ch.Named("partition", b.Partition), ch.Named("first", b.First), ch.Named("last", b.Last), ch.Named("part", b.Part))
	if err != nil {
		return 0, fmt.Errorf("looking for rows of %s: %w", b.Token(), err)
	}
	return row.N, nil
}

// Inserting reports whether the server works on an insert under the block's token.
func (c *Client) Inserting(ctx context.Context, b *Block) (bool, error) {
	row, err := QueryRow[count](ctx, c, "running_inserts", insertingSQL, ch.Named("token", b.Token()))
	if err != nil {
		return false, fmt.Errorf("looking for inserts of %s: %w", b.Token(), err)
	}
	return row.N > 0, nil
}

// Server names the run of the server: another number after each start.
func (c *Client) Server(ctx context.Context) (uint64, error) {
	row, err := QueryRow[count](ctx, c, "server", serverSQL)
	if err != nil {
		return 0, fmt.Errorf("asking which run of the server this is: %w", err)
	}
	return row.N, nil
}

// Prepare adds the columns of a list, and more, that the table lacks, empty in the rows that are there, and makes its view
// for readers anew if that lacks some. It changes no other.
func (c *Client) Prepare(ctx context.Context, m *Mapping, columns int32, more []string) error {
	known, err := c.columns(ctx, m.Table)
	if err != nil || len(known) == 0 {
		return err // no table yet: the insert will say so
	}
	for _, column := range m.columnsOf(columns, more) {
		if slices.Contains(known, column.name) {
			continue
		}
		if err := c.Exec(ctx, "add_column", "ALTER TABLE "+m.Table+" ADD COLUMN IF NOT EXISTS "+quoted(column.name)+" "+column.typ); err != nil {
			return fmt.Errorf("adding column %s to %s: %w", column.name, m.Table, err)
		}
	}
	if m.View == nil {
		return nil
	}
	return c.prepareView(ctx, m)
}

// prepareView makes the view anew until it has all columns: others may add some meanwhile.
func (c *Client) prepareView(ctx context.Context, m *Mapping) error {
	for {
		has, err := c.columns(ctx, m.Table+"_current")
		if err != nil {
			return err
		}
		more, err := c.columns(ctx, m.Table)
		if err != nil {
			return err
		}
		more = slices.DeleteFunc(more, func(name string) bool {
			return slices.ContainsFunc(m.columns[m.current], func(c column) bool { return c.name == name })
		})
		want, statement := m.View(more)
		if slices.Equal(has, want) {
			return nil
		}
		if err := c.Exec(ctx, "make_view", statement); err != nil {
			return fmt.Errorf("making the view for readers of %s: %w", m.Table, err)
		}
	}
}

// columns returns the names of a table's columns, in its order; none if there is no table.
func (c *Client) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := Query[struct {
		Name string `ch:"name"`
	}](ctx, c, "columns", columnsSQL, ch.Named("table", table))
	if err != nil {
		return nil, fmt.Errorf("reading the columns of %s: %w", table, err)
	}
	names := make([]string, len(rows))
	for i, r := range rows {
		names[i] = r.Name
	}
	return names, nil
}
