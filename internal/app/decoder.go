package app

import (
	"context"
	"errors"

	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
)

// decoder reads what Debezium writes.
func (a *App) decoder() cdc.Decoder {
	if a.opts.Decode != nil {
		return a.opts.Decode
	}
	return func(_ context.Context, r cdc.Record) (*debezium.Event, error) {
		if r.Value == nil { // a tombstone
			return nil, nil //nolint:nilnil // nothing to keep
		}
		return nil, &cdc.RefusedError{Reason: schemas.ReasonEventProcessing, Err: errors.New("this build reads no records of Debezium")}
	}
}
