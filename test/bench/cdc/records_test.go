package cdc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/topology"
)

const (
	manyIDs     = 100_000
	largest     = 4 << 10    // of a record: those with large texts are left out
	firstLSN    = 10_000_000 // as many digits as the recorded ones have
	lsnDistance = 8
)

var (
	ids  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	lsns = regexp.MustCompile(`\b26[0-9]{6}\b`)
)

// templates are recorded changes of rows of all tables. Their texts can be exchanged for others of the same length, in
// Avro, too.
func templates(tb testing.TB, format string) (all []debezium.Record) {
	tb.Helper()
	d := debeziumtest.Decoder(tb)
	for _, r := range debeziumtest.Records(tb, format) {
		table := slices.ContainsFunc(topology.Entities(), func(e topology.Entity) bool { return string(e.Topic) == r.Topic })
		if !table || len(r.Value) > largest {
			continue
		}
		result, err := d.Decode(tb.Context(), r)
		if e := result.Event; err == nil && e != nil && slices.Contains([]debezium.Operation{debezium.Create, debezium.Update, debezium.Delete}, e.Operation) &&
			e.Source.Snapshot == "" && e.OldKey == nil && e.NewKey == nil && len(e.Unchanged) == 0 {
			all = append(all, r)
		}
	}
	return all
}

// change returns a template as the n-th change, with other ids and its own position in the log.
func change(template debezium.Record, n int, rng *rand.Rand) debezium.Record {
	exchanged := map[string]string{}
	other := func(text []byte) []byte {
		text = ids.ReplaceAllFunc(bytes.Clone(text), func(id []byte) []byte {
			if exchanged[string(id)] == "" {
				exchanged[string(id)] = fmt.Sprintf("00000000-0000-4000-8000-%012x", rng.IntN(manyIDs))
			}
			return []byte(exchanged[string(id)])
		})
		lsn := []byte(strconv.Itoa(firstLSN + n*lsnDistance))
		return lsns.ReplaceAllFunc(text, func([]byte) []byte { return lsn })
	}
	template.Key, template.Value = other(template.Key), other(template.Value)
	return template
}
