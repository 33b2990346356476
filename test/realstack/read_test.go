package realstack

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
)

// decoder makes standard JSON of a key or value.
type decoder func(t *testing.T, text []byte) []byte

func plainJSON(_ *testing.T, text []byte) []byte { return text }

// avroAt returns a decoder that asks the registry for the schemas that records were written with.
func avroAt(t *testing.T, registry string) decoder {
	t.Helper()
	client, err := sr.NewClient(sr.URLs(registry))
	require.NoError(t, err)
	codecs := map[int]*goavro.Codec{}
	return func(t *testing.T, text []byte) []byte {
		t.Helper()
		require.Equal(t, byte(0), text[0])
		id := int(binary.BigEndian.Uint32(text[1:5]))
		if codecs[id] == nil {
			schema, err := client.SchemaByID(t.Context(), id)
			require.NoError(t, err)
			codecs[id], err = goavro.NewCodecForStandardJSONFull(schema.Schema)
			require.NoError(t, err)
		}
		native, rest, err := codecs[id].NativeFromBinary(text[5:])
		require.NoError(t, err)
		require.Empty(t, rest)
		plain, err := codecs[id].TextualFromNative(nil, native)
		require.NoError(t, err)
		return plain
	}
}

// readAll reads as many records of each topic as are wanted, and sees that there are no more.
func readAll(t *testing.T, s *Stack, want map[string]int) []*kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka.Brokers()...), kgo.ConsumeTopics(slices.Collect(maps.Keys(want))...),
		kgo.UnknownTopicRetries(-1), kgo.MetadataMinAge(100*time.Millisecond), kgo.MetadataMaxAge(time.Second))
	require.NoError(t, err)
	defer client.Close()
	var records []*kgo.Record
	got := map[string]int{}
	for !enough(got, want) {
		fetches := client.PollFetches(ctx)
		require.NoError(t, ctx.Err(), "read %v, want %v", got, want)
		fetches.EachRecord(func(r *kgo.Record) {
			records = append(records, r)
			got[r.Topic]++
		})
	}
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, slices.Collect(maps.Keys(want))...)
	require.NoError(t, err)
	held := map[string]int{}
	ends.Each(func(o kadm.ListedOffset) { held[o.Topic] += int(o.Offset) })
	require.Equal(t, want, held)
	return records
}

func enough(got, want map[string]int) bool {
	for topic, n := range want {
		if got[topic] < n {
			return false
		}
	}
	return true
}

// describe writes each record as a line without what differs between runs, in order of keys and, within one, of offsets.
func describe(t *testing.T, records []*kgo.Record, decode decoder) string {
	t.Helper()
	byKey := map[string][]string{}
	slices.SortStableFunc(records, func(a, b *kgo.Record) int { return int(a.Offset - b.Offset) })
	for _, r := range records {
		key := "no key"
		if r.Key != nil {
			key = sorted(t, decode(t, r.Key))
		}
		place := r.Topic + " " + key
		line := "tombstone"
		if r.Value != nil {
			var change struct {
				Op            string
				Before, After json.RawMessage
				Source        struct{ Snapshot string }
			}
			require.NoError(t, json.Unmarshal(decode(t, r.Value), &change))
			if line = change.Op; change.Source.Snapshot == "false" || change.Source.Snapshot == "" { // "" where NULL stays NULL
				line += " streamed"
			}
			line += "\n    " + sorted(t, change.Before) + "\n    " + sorted(t, change.After)
		}
		byKey[place] = append(byKey[place], line)
		for _, h := range r.Headers {
			if strings.HasSuffix(h.Key, "key") { // of a row that changed its key
				byKey[place] = append(byKey[place], "  "+h.Key+" "+string(h.Value))
			}
		}
	}
	var text strings.Builder
	for _, place := range slices.Sorted(maps.Keys(byKey)) {
		fmt.Fprintf(&text, "%s\n  %s\n", place, strings.Join(byKey[place], "\n  "))
	}
	return text.String()
}

// sorted writes JSON with its members in order.
func sorted(t *testing.T, text []byte) string {
	t.Helper()
	if text == nil {
		return "null"
	}
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	var out strings.Builder
	encode := json.NewEncoder(&out)
	encode.SetEscapeHTML(false)
	require.NoError(t, encode.Encode(v))
	return strings.TrimSpace(out.String())
}
