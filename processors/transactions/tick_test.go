package transactions_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/schemas"
)

// tick is a partition between two inputs, with one row.
type tick struct {
	schemas.Tick
	name string
	row  schemas.Row
	set  int
	keep func(string, schemas.Row)
}

func (k *tick) Context() context.Context                     { return context.Background() }
func (k *tick) Walk(_ int, f func(string, schemas.Row)) bool { f(k.name, k.row); return true }
func (k *tick) Set(name string, row schemas.Row)             { k.set++; k.keep(name, row) }

// What is missing for long is told once, with its name; when the rest comes it has passed all the same.
func TestTell_once_what_is_missing_for_long(t *testing.T) {
	b := newBench(t)
	require.Equal(t, schemas.Applied, b.in(now, end(schemas.TransactionTable{Name: "public.posts", Events: 3}, schemas.TransactionTable{Name: "public.other", Events: 1})))
	require.Equal(t, schemas.Applied, b.in(now, change("public.posts", 1)))
	k := &tick{name: "774:1799999999900", row: b.Row("774:1799999999900").(schemas.Row), keep: b.SetRow}
	timeout := transactions.DefaultConfig().TransactionTimeout
	b.group.Tell(k, now.Add(timeout-time.Millisecond))
	require.Zero(t, k.set)
	for range 2 {
		b.group.Tell(k, now.Add(timeout))
	}
	require.Equal(t, 1, k.set)
	require.Equal(t, 1, strings.Count(b.log.String(), "\n"))
	require.Contains(t, b.log.String(), "transaction=774:1799999999900")
	require.Contains(t, b.log.String(), `ended=true missing=map[public.posts:2]`)

	for order := range int64(3) {
		b.in(now, change("public.posts", order+1))
	}
	keys, _ := b.completed()
	require.Len(t, keys, 1)
	b.counted(`cdc_transactions_total{result="completed"} 0
cdc_transactions_total{result="incomplete"} 1
cdc_transactions_total{result="late"} 1
`)
	k.row = b.Row("774:1799999999900").(schemas.Row)
	b.group.Tell(k, now.Add(time.Hour))
	require.Equal(t, 1, k.set)
}

func TestTell_nothing_without_a_timeout(t *testing.T) {
	b := newBench(t)
	b.group.TransactionTimeout = 0
	b.in(now, change("public.posts", 1))
	k := &tick{name: "774", row: b.Row("774:1799999999900").(schemas.Row)}
	b.group.Tell(k, now.Add(24*time.Hour))
	require.Zero(t, k.set)
}
