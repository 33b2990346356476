package debezium_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// What is cut short anywhere is an error of a damaged record, never another value. A key that nothing is left of is no
// key, as tables may be without; tombstones and boundaries need none.
func TestDecoder_refuses_what_is_cut(t *testing.T) {
	t.Parallel()
	for _, mode := range debeziumtest.Modes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			d := debeziumtest.Decoder(t)
			cuts := 0
			for _, r := range debeziumtest.Records(t, mode) {
				want, err := d.Decode(t.Context(), r)
				require.NoError(t, err)
				cut := func(part string, data []byte, put func(*debezium.Record, []byte), keeps func(n int) bool) {
					for _, n := range places(len(data)) {
						short := r
						put(&short, data[:n:n])
						got, err := d.Decode(t.Context(), short)
						cuts++
						if keeps(n) {
							continue
						}
						requireRefused(t, err, got, debezium.EventProcessing, part, r.Topic, r.Partition, r.Offset, n)
					}
				}
				cut("value", r.Value, func(r *debezium.Record, b []byte) { r.Value = b }, func(int) bool { return false })
				cut("key", r.Key, func(r *debezium.Record, b []byte) { r.Key = b }, func(n int) bool {
					return n == 0 || want.Boundary != nil || want.Skip == debezium.Tombstone
				})
				for name, data := range r.Headers {
					if name != newKey && name != oldKey || want.Event == nil {
						continue
					}
					cut(name, data, func(r *debezium.Record, b []byte) { r.Headers = map[string][]byte{name: b} }, func(int) bool { return false })
				}
			}
			require.Greater(t, cuts, 45_000)
		})
	}
}

const (
	newKey = "__debezium.newkey"
	oldKey = "__debezium.oldkey"
)

// places are where to cut: everywhere in what is at most 4 KiB, at a thousand places in what is longer.
func places(size int) []int {
	const small, many = 4096, 1000
	all := make([]int, size)
	for i := range all {
		all[i] = i
	}
	if size <= small {
		return all
	}
	rng := rand.New(rand.NewPCG(1, uint64(size)))
	rng.Shuffle(size, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:many]
}

func requireRefused(t *testing.T, err error, got debezium.Result, kind debezium.Kind, where ...any) {
	t.Helper()
	bad, is := errors.AsType[*debezium.Error](err)
	if !is || bad.Kind != kind || got != (debezium.Result{}) {
		require.Fail(t, "not refused as it should be", "%v: %v, %+v", where, err, got)
	}
}

// A key that is cut to nothing belongs to a row that tells itself, or the record is refused.
func TestDecoder_takes_an_empty_key_for_none(t *testing.T) {
	d := debeziumtest.Decoder(t)
	for _, r := range debeziumtest.Records(t, "json-noschema") {
		want, err := d.Decode(t.Context(), r)
		require.NoError(t, err)
		whole := len(r.Key) > 0
		r.Key = []byte{}
		got, err := d.Decode(t.Context(), r)
		full := want.Event != nil && slices.Contains(debeziumtest.Full, want.Event.Schema+"."+want.Event.Table)
		switch e := want.Event; {
		case want.Skip == debezium.Heartbeat:
			requireRefused(t, err, got, debezium.Connector)
		case e == nil || !whole:
			require.NoError(t, err)
			require.Equal(t, want, got)
		case e.NewKey != nil || e.OldKey != nil:
			require.Error(t, err)
		case !full && (e.Operation == debezium.Update || e.Operation == debezium.Delete):
			requireRefused(t, err, got, debezium.Connector)
		default:
			require.NoError(t, err)
			require.NotEqual(t, e.ID, got.Event.ID)
			changed := *e
			changed.Key, changed.ID = nil, got.Event.ID
			require.Equal(t, changed, *got.Event)
		}
	}
}

func TestDecoder_refuses_what_is_longer(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		d := debeziumtest.Decoder(t)
		for _, r := range debeziumtest.Records(t, mode) {
			if r.Value == nil {
				continue
			}
			_, err := d.Decode(t.Context(), r) // so that its schema is known
			require.NoError(t, err)
			for _, more := range []string{"\x00", "}", "{}", "7"} {
				long := r
				long.Value = append(slices.Clone(r.Value), more...)
				got, err := d.Decode(t.Context(), long)
				requireRefused(t, err, got, debezium.EventProcessing, mode, r.Topic, r.Partition, r.Offset)
			}
		}
	}
}

func TestDecoder_refuses_Avro_that_is_not_UTF8(t *testing.T) {
	d := debeziumtest.Decoder(t)
	for _, r := range debeziumtest.Records(t, "avro") {
		if r.Topic != "cdc.likes" || len(r.Key) == 0 || r.Value == nil {
			continue
		}
		bad := r
		bad.Value = slices.Clone(r.Value)
		at := bytes.Index(bad.Value, []byte("postgresql"))
		bad.Value[at] = 0xff
		got, err := d.Decode(t.Context(), bad)
		requireRefused(t, err, got, debezium.EventProcessing)
		require.ErrorContains(t, err, "not UTF-8")
		return
	}
	require.Fail(t, "no like")
}
