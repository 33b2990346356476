package cdc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// within is an event of a transaction.
func within(e *debezium.Event) *debezium.Event {
	e.Schema, e.Transaction = "public", &debezium.Transaction{ID: "774", TotalOrder: 3, Order: 1}
	return e
}

// A change of a transaction has passed once, whatever becomes of it.
func TestChange_of_a_transaction_has_passed(t *testing.T) {
	key := debezium.Columns{"id": `"p"`}
	old := within(event("posts", debezium.Create, key, key))
	old.OldKey = debezium.Columns{"other": "1"}
	bad := &debezium.Error{Kind: debezium.EventProcessing, Err: errors.New("cut")}
	unknown := within(event("posts", debezium.Create, key, key))
	unknown.Source.Connector = "other"
	for name, c := range map[string]struct {
		event, peeked *debezium.Event
		err           error
		outcome       schemas.Outcome
		table         string
	}{
		"applied":                         {within(event("posts", debezium.Create, key, key)), nil, nil, schemas.Applied, "public.posts"},
		"a delete":                        {within(event("posts", debezium.Delete, key, nil)), nil, nil, schemas.Applied, "public.posts"},
		"a truncate":                      {within(event("posts", debezium.Truncate, nil, nil)), nil, nil, schemas.Applied, "public.posts"},
		"without an id":                   {within(event("posts", debezium.Create, nil, debezium.Columns{})), nil, nil, schemas.Dead, "public.posts"},
		"with half an old key":            {old, nil, nil, schemas.Dead, "public.posts"},
		"of another table":                {within(event("users", debezium.Create, key, key)), nil, nil, schemas.Dead, "public.users"},
		"unreadable but for its place":    {nil, within(event("posts", debezium.Create, nil, nil)), bad, schemas.Dead, "public.posts"},
		"unreadable":                      {nil, nil, bad, schemas.Dead, ""},
		"unreadable, of another's":        {nil, unknown, bad, schemas.Dead, ""},
		"of no transaction":               {event("posts", debezium.Read, key, key), nil, nil, schemas.Applied, ""},
		"nothing":                         {nil, nil, nil, schemas.Skipped, ""},
		"a message, which no group reads": {within(event("", debezium.Message, nil, nil)), nil, nil, schemas.Skipped, ""},
	} {
		b := newBench(t, "posts")
		b.peeked = c.peeked
		require.Equal(t, c.outcome, b.in(c.event, c.err), name)
		keys, got := b.passed()
		if c.table == "" {
			require.Empty(t, got, name)
			continue
		}
		require.Equal(t, []string{"774:1799999999900"}, keys, name)
		require.Equal(t, &schemas.TransactionInput{
			TxID: 774, CommitMS: now.UnixMilli() - 100, Part: schemas.TransactionChange, LSN: 26_640_944, Epoch: 1, Table: c.table, Order: 3, Tables: []schemas.TransactionTable{}, Origin: got[0].Origin,
		}, got[0], name)
	}
}

// So has one of which something too large comes.
func TestTooLarge_has_passed(t *testing.T) {
	b := newBench(t, "posts")
	b.peeked = within(event("posts", debezium.Create, nil, nil))
	refusing := processorstest.New(t, topology.CdcGroups(processorstest.Codecs(t))[0], func(ctx goka.Context, msg any) schemas.Outcome {
		return b.group.TooLarge(ctx, errors.New("the row is too large"), msg.(schemas.Raw)[:3], 900)
	})
	require.Equal(t, schemas.Dead, refusing.In("key", now, schemas.Raw(strings.Repeat("x", 900))))
	keys, _ := refusing.Out(topology.TransactionInputs)
	require.Equal(t, []string{"774:1799999999900"}, keys)
	_, letters := refusing.Out(topology.CdcDLQ)
	letter := letters[0].(*schemas.DeadLetter)
	require.Equal(t, []any{schemas.ReasonTooLarge, "xxx", int64(900), true}, []any{letter.Reason, string(letter.Value), letter.ValueSize, letter.Truncated})
}
