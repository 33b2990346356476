package transactions_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/topology"
)

// told is what the groups of the database say of the recorded records of a mode, and what there is to say: how many
// changes of its own tables each transaction has.
func told(t *testing.T, mode string) (parts []*schemas.TransactionInput, own map[string]int64) {
	t.Helper()
	codecs, decoder := processorstest.Codecs(t), debeziumtest.Decoder(t)
	readers := map[string]*processorstest.Bench{
		string(topology.CdcTransactions): processorstest.New(t, topology.TransactionGroups(codecs)[0], transactions.Boundaries{Decoder: decoder}.On),
	}
	read := map[string]bool{}
	for i, e := range topology.Entities() {
		group := &cdc.Group{Config: cdc.DefaultConfig(), Entity: e, Decoder: decoder, Partitions: []string{schemas.TruncateKey(0)}}
		readers[string(e.Topic)] = processorstest.New(t, topology.CdcGroups(codecs)[i], group.On)
		read["public."+e.Source] = true
	}
	own = map[string]int64{}
	for _, r := range debeziumtest.Records(t, mode) {
		reader := readers[r.Topic]
		if reader == nil {
			continue
		}
		require.NotEqual(t, schemas.Dead, reader.InWith(string(r.Key), now, schemas.Raw(r.Value), r.Headers))
		_, got := reader.Out(topology.TransactionInputs)
		for _, p := range got {
			parts = append(parts, p.(*schemas.TransactionInput))
		}
		result, err := decoder.Decode(t.Context(), r)
		require.NoError(t, err)
		if b := result.Boundary; b != nil && b.End {
			key := fmt.Sprintf("%s:%d", b.ID, b.TsMS)
			own[key] = 0
			for _, c := range b.Collections {
				if read[c.Name] {
					own[key] += c.Events
				}
			}
		}
	}
	return parts, own
}

// What a real connector wrote, in all its formats, completes every transaction once, in any order and with repeats, and
// none before all its changes have passed.
func TestRecorded_transactions_complete(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		t.Run(mode, func(t *testing.T) {
			parts, own := told(t, mode)
			require.Len(t, own, 60)
			for seed := range uint64(20) {
				rng := rand.New(rand.NewPCG(seed, 0))
				arrivals := append(append([]*schemas.TransactionInput{}, parts...), parts[rng.IntN(len(parts)):]...)
				rng.Shuffle(len(arrivals), func(i, j int) { arrivals[i], arrivals[j] = arrivals[j], arrivals[i] })
				b := newBench(t)
				passed, ended, done := map[string]map[int64]bool{}, map[string]bool{}, map[string]bool{}
				for _, p := range arrivals {
					b.in(now, p)
					key := p.Key()
					if passed[key] == nil {
						passed[key] = map[int64]bool{}
					}
					switch p.Part {
					case schemas.TransactionChange:
						passed[key][p.Order] = true
					case schemas.TransactionEnd:
						ended[key] = true
					default:
					}
					keys, _ := b.completed()
					for _, k := range keys {
						require.Equal(t, key, k)
						require.False(t, done[k], "once")
						done[k] = true
					}
					require.Equal(t, ended[key] && int64(len(passed[key])) == own[key], done[key], key)
				}
				require.Len(t, done, 60)
			}
		})
	}
}

// refusing is a decoder that reads nothing, or cannot now.
type refusing struct{ err error }

func (r refusing) Decode(context.Context, debezium.Record) (debezium.Result, error) {
	if r.err == nil {
		return debezium.Result{Event: &debezium.Event{Table: "posts"}}, nil
	}
	return debezium.Result{}, r.err
}
func (refusing) Peek(context.Context, debezium.Record) *debezium.Event { return nil }

func TestBoundaries_refuse_what_is_none(t *testing.T) {
	group := topology.TransactionGroups(processorstest.Codecs(t))[0]
	for _, c := range []struct {
		err    error
		reason schemas.Reason
	}{{nil, schemas.ReasonCdcConnector}, {&debezium.Error{Kind: debezium.EventProcessing, Err: errors.New("cut")}, schemas.ReasonEventProcessing}} {
		b := processorstest.New(t, group, transactions.Boundaries{Decoder: refusing{c.err}}.On)
		require.Equal(t, schemas.Dead, b.In("key", now, schemas.Raw("value")))
		_, got := b.Out(topology.CdcDLQ)
		require.Equal(t, c.reason, got[0].(*schemas.DeadLetter).Reason)
	}
	b := processorstest.New(t, group, transactions.Boundaries{Decoder: refusing{errors.New("registry away")}}.On)
	b.In("key", now, schemas.Raw("value"))
	require.ErrorContains(t, b.Failed(), "registry away")
}
