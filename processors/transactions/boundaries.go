package transactions

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// Boundaries reads where transactions begin and end.
type Boundaries struct{ Decoder cdc.Decoder }

// On handles one record of cdc.transaction.
func (b Boundaries) On(ctx goka.Context, msg any) schemas.Outcome {
	raw, ok := msg.(schemas.Raw)
	if !ok {
		ctx.Fail(fmt.Errorf("transactions: unexpected %T", msg))
		return schemas.Dead
	}
	result, err := b.Decoder.Decode(ctx.Context(), debezium.Record{
		Topic: string(ctx.Topic()), Partition: ctx.Partition(), Offset: ctx.Offset(), Key: []byte(ctx.Key()), Value: raw, Headers: ctx.Headers(),
	})
	if err == nil && result.Event != nil {
		err = &debezium.Error{Kind: debezium.Connector, Err: fmt.Errorf("it is a change of table %.100q, not where a transaction begins or ends", result.Event.Table)}
	}
	if why, is := errors.AsType[*debezium.Error](err); is {
		return deadletter.Refuse(ctx, topology.CdcDLQ, schemas.Reason(why.Kind), schemas.Detail(why.Error()), raw)
	}
	if err != nil {
		ctx.Fail(fmt.Errorf("reading a record of Debezium: %w", err))
		return schemas.Dead
	}
	if result.Boundary == nil {
		return schemas.Skipped
	}
	in, err := input(result.Boundary)
	if err != nil {
		return deadletter.Refuse(ctx, topology.CdcDLQ, schemas.ReasonEventProcessing, schemas.Detail(err.Error()), raw)
	}
	ctx.Emit(topology.TransactionInputs, in.Key(), in)
	return schemas.Applied
}

func input(b *debezium.Boundary) (*schemas.TransactionInput, error) {
	number, err := strconv.ParseInt(b.ID, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("reading the number of a transaction: %w", err)
	}
	in := &schemas.TransactionInput{TxID: number, CommitMS: b.TsMS, Part: schemas.TransactionBegin, LSN: int64(b.LSN)} //nolint:gosec // far below 2^63
	if b.End {
		in.Part, in.Events = schemas.TransactionEnd, b.Events
		for _, c := range b.Collections {
			in.Tables = append(in.Tables, schemas.TransactionTable{Name: c.Name, Events: c.Events})
		}
	}
	return in, nil
}
