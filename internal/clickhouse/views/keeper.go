package views

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// Keeper keeps the metadata and the metrics of the views true.
type Keeper struct {
	client  *clickhouse.Client
	metrics *Metrics

	mu   sync.Mutex
	last []Metadata
	at   time.Time // of last, by this process's clock
}

// NewKeeper returns a keeper. The client may write.
func NewKeeper(client *clickhouse.Client, metrics *Metrics) *Keeper {
	return &Keeper{client: client, metrics: metrics}
}

// Check asks the server how the views stand and writes it down. An error says that this was not possible: the metadata
// is as it was, and tells its age itself; the staleness in the metrics grows by the time that has passed.
func (k *Keeper) Check(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	tables, err := clickhouse.Query[facts](ctx, k.client, "view_facts", factsSQL)
	if err != nil {
		if k.last != nil {
			k.metrics.show(k.last, time.Since(k.at))
		}
		return fmt.Errorf("asking how the views stand: %w", err)
	}
	k.last, k.at = check(all, tables), time.Now()
	k.metrics.show(k.last, 0)
	if err := k.client.Do(ctx, "view_metadata", write(k.last)); err != nil {
		return fmt.Errorf("writing how the views stand: %w", err)
	}
	return nil
}

func write(rows []Metadata) clickhouse.Call {
	return func(ctx context.Context, conn driver.Conn) error {
		batch, err := conn.PrepareBatch(ctx, insertSQL)
		if err != nil {
			return err
		}
		defer func() { _ = batch.Close() }() // without effect once sent
		for i := range rows {
			if err := batch.AppendStruct(&rows[i]); err != nil {
				return err
			}
		}
		return batch.Send()
	}
}
