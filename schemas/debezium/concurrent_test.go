package debezium_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

func TestDecoder_is_used_by_many(t *testing.T) {
	d := debeziumtest.Decoder(t)
	var records []debezium.Record
	var want []debezium.Result
	for _, mode := range debeziumtest.Modes {
		r, results := decodeAll(t, mode)
		records, want = append(records, r...), append(want, results...)
	}
	got := make([][]debezium.Result, 4)
	var users sync.WaitGroup
	for i := range got {
		users.Go(func() {
			for _, r := range records {
				result, err := d.Decode(t.Context(), r)
				if err != nil {
					return // and lack it below
				}
				got[i] = append(got[i], result)
			}
		})
	}
	users.Wait()
	for _, results := range got {
		require.Equal(t, want, results)
	}
}
