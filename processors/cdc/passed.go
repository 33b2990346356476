package cdc

import (
	"slices"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// record is the current input as Debezium's decoder takes it.
func record(ctx goka.Context, raw []byte) debezium.Record {
	return debezium.Record{
		Topic: string(ctx.Topic()), Partition: ctx.Partition(), Offset: ctx.Offset(), Key: []byte(ctx.Key()), Value: raw, Headers: ctx.Headers(),
	}
}

// passed tells that a change of a transaction has passed.
func passed(ctx goka.Context, e *debezium.Event, epoch int32) {
	if e.Transaction == nil {
		return
	}
	in := &schemas.TransactionInput{
		TxID: e.Source.TxID, CommitMS: e.Source.TsMS, Part: schemas.TransactionChange, LSN: int64(e.Source.Position), //nolint:gosec // far below 2^63
		Epoch: epoch, Table: e.Schema + "." + e.Table, Order: e.Transaction.TotalOrder,
	}
	ctx.Emit(topology.TransactionInputs, in.Key(), in)
}

// passedAnyway is passed for what can be read of a record that is refused, nil for nothing.
func (g *Group) passedAnyway(ctx goka.Context, e *debezium.Event) {
	if e == nil {
		return
	}
	if epoch := slices.Index(g.Sources, e.Source.Connector); epoch >= 0 {
		passed(ctx, e, int32(epoch))
	}
}

// TooLarge refuses the current record because something too large for its topic would come of it. value is as much as is
// given of its size bytes.
func (g *Group) TooLarge(ctx goka.Context, why error, value []byte, size int) schemas.Outcome {
	g.passedAnyway(ctx, g.Decoder.Peek(ctx.Context(), record(ctx, value)))
	return deadletter.RefuseCut(ctx, topology.CdcDLQ, schemas.ReasonTooLarge, why.Error(), value, size)
}
