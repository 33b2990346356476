package schemas_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

// scansAsLibrary checks that what the scanner reads the JSON library reads alike, and says whether the scanner did.
func scansAsLibrary(t require.TestingT, text string) bool {
	scanned, ok := schemas.ScanEvent(text)
	if ok {
		want, err := schemas.UnmarshalEvent([]byte(text))
		require.NoError(t, err, "%q", text)
		require.Equal(t, any(want), scanned, "%q", text)
	}
	return ok
}

// ordinary are JSON objects as producers write them: any fields in any order, white space where JSON allows it.
var ordinary = rapid.Custom(func(t *rapid.T) string {
	space := func() string { return rapid.StringMatching(`[ \n\r\t]{0,2}`).Draw(t, "space") }
	text := func() string {
		return `"` + strings.NewReplacer(`"`, "", `\`, "").Replace(labels.Draw(t, "text")) + `"`
	}
	number := func() string { return strconv.FormatInt(rapid.Int64Range(0, 1e18-1).Draw(t, "number"), 10) }
	fields := map[string]func() string{
		"event_id": text, "event_time": text, "ts": number, "user_id": text, "post_id": text, "author_id": text,
		"action": text, "dwell_ms": number, "device": text, "app_ver": text, "comment_id": text,
	}
	var parts []string
	names := rapid.Permutation([]string{
		"event_id", "event_time", "ts", "user_id", "post_id", "author_id", "action", "dwell_ms", "device", "app_ver", "comment_id",
	}).Draw(t, "names")
	for _, name := range names[:rapid.IntRange(1, len(names)).Draw(t, "fields")] {
		value := fields[name]()
		if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
			value = "null"
		}
		parts = append(parts, space()+`"`+name+`"`+space()+":"+space()+value+space())
	}
	return space() + "{" + strings.Join(parts, ",") + "}" + space()
})

func TestScanEvent_reads_ordinary_events(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		require.True(t, scansAsLibrary(t, ordinary.Draw(t, "event")))
	})
}

// Whatever is done to an ordinary event, the scanner reads it as the library does, or leaves it alone.
func TestScanEvent_agrees_where_events_are_not_ordinary(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `,`, `:`, `"`, `\`, `\u0041`, `-`, `0`, `01`, `1.5`, `1e3`, `true`, `null`, `nul`, "\x00", "\x01", "\x7f", "é",
		`"ts":1,`, `"x":1,`, `"dwell_ms":-1,`, `"user_id":{},`, "\u2028", " ", "//",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := ordinary.Draw(t, "event")
		from := rapid.IntRange(0, len(text)).Draw(t, "from")
		to := rapid.IntRange(from, min(from+3, len(text))).Draw(t, "to")
		text = text[:from] + piece.Draw(t, "piece") + text[to:]
		if utf8.ValidString(text) {
			scansAsLibrary(t, text)
		}
	})
}

func TestScanEvent_leaves_the_rest_to_the_library(t *testing.T) {
	for _, text := range []string{
		``, ` `, `{`, `}`, `{}`, `{"ts":1`, `{"ts":1,}`, `{"ts":1}x`, "{\"ts\":1}\x00", `{"ts":1 2}`, `{"ts":01}`, `{"ts":-1}`, `{"ts":1.0}`, `{"ts":1e3}`,
		`{"ts":1000000000000000000}`, `{"ts":"1"}`, `{"ts":nullx}`, `{"ts":1,"ts":1}`, `{"ts":null,"ts":null}`, `{"x":1}`, `{"TS":1}`,
		`{"user_id":"\n"}`, "{\"user_id\":\"\n\"}", `{"user_id":7}`, `{"user_id":"u}`, `{"user_id":nul`, `{"user\u005fid":"u"}`, `[{"ts":1}]`,
	} {
		require.False(t, scansAsLibrary(t, text), "%q", text)
	}
}

func FuzzScanEvent(f *testing.F) {
	for _, text := range []string{
		`{"event_id":"e","event_time":"2015-01-01T00:00:00.123Z","user_id":"u","post_id":"p","author_id":"a","action":"comment","dwell_ms":2500,"device":"d","app_ver":"7","comment_id":"c"}`,
		" {\t\"ts\" : 1420070400123 ,\r\n\"user_id\":null}", `{"ts":01}`, `{"ts":1.5}`, `{"dwell_ms":123456789012345678}`, `{"user_id":"\u00e9"}`, `{"user_id":"é"}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			scansAsLibrary(t, text)
		}
	})
}

// A refusal reads the same whichever way an event is written: ordinary, or with an escape that the library must read.
func TestParseEvent_refuses_alike_on_both_ways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := []byte(ordinary.Draw(t, "event"))
		escaped := bytes.ReplaceAll(plain, []byte(`"action"`), []byte(`"\u0061ction"`))
		a, badA := schemas.DecodeEventJSON(plain)
		b, badB := schemas.DecodeEventJSON(escaped)
		require.Equal(t, badA == nil, badB == nil)
		if badA != nil {
			require.Equal(t, badA.Reason, badB.Reason)
			require.Equal(t, badA.Detail, badB.Detail)
			return
		}
		a.Raw, b.Raw = nil, nil
		require.Equal(t, b, a)
	})
}

func timesAsLibrary(t require.TestingT, text string) bool {
	ms, ok := schemas.ScanTime(text)
	if ok {
		want, err := schemas.LibraryTime(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, ms, "%q", text)
	}
	return ok
}

func TestScanTime_reads_what_is_usual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", 60*rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "zone, minutes"))
		at := time.UnixMicro(rapid.Int64Range(-62e15, 253e15).Draw(t, "us")).In(zone)
		if year := at.Year(); year >= 0 && year <= 9999 {
			require.True(t, timesAsLibrary(t, at.Format(time.RFC3339Nano)))
		}
	})
}

func FuzzScanTime(f *testing.F) {
	for _, text := range []string{
		"2015-01-01T00:00:00Z", "2016-02-29T23:59:59.999999999+05:30", "2015-02-29T00:00:00Z", "2015-13-01T00:00:00Z", "2015-00-00T00:00:00Z",
		"2015-01-01T24:00:00Z", "2015-01-01T00:00:60Z", "2015-01-01T00:00:00.Z", "2015-01-01T00:00:00,5Z", "2015-01-01T00:00:00+24:00",
		"2015-01-01T00:00:00.1234567890123Z", "0000-01-01T00:00:00-23:59", "2015-01-01t00:00:00z", "2015-01-01T0:00:00Z",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { timesAsLibrary(t, text) })
}

// Marshal of Go's library writes what the scanner reads.
func TestScanEvent_reads_what_encoders_write(t *testing.T) {
	for _, indent := range []string{"", "\t"} {
		text, err := json.MarshalIndent(map[string]any{"user_id": "u", "post_id": "p", "ts": 5, "device": nil, "dwell_ms": 0}, "", indent)
		require.NoError(t, err)
		require.True(t, scansAsLibrary(t, string(text)))
	}
}
