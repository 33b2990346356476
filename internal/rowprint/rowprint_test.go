package rowprint

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask returns a connection to a server of the test's own.
func ask(t *testing.T) func(query string) driver.Rows {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	conn, err := ch.Open(&ch.Options{Addr: []string{stack.ClickHouseAddr()}, Protocol: ch.HTTP})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return func(query string) driver.Rows {
		rows, err := conn.Query(t.Context(), query)
		require.NoError(t, err)
		t.Cleanup(func() { _ = rows.Close() })
		return rows
	}
}

// Every type that people meet, as each format writes it.
func TestWrite_knows_every_type(t *testing.T) {
	query := ask(t)
	for sql, want := range map[string]struct{ text, json string }{
		"toUInt8(7)":                                 {"7", "7"},
		"toInt64(-9223372036854775807)":              {"-9223372036854775807", "-9223372036854775807"},
		"toUInt64(18446744073709551615)":             {"18446744073709551615", "18446744073709551615"},
		"toInt256('123456789012345678901234567890')": {"123456789012345678901234567890", "123456789012345678901234567890"},
		"0.1":                                  {"0.1", "0.1"},
		"toFloat32(0.1)":                       {"0.1", "0.1"},
		"nan":                                  {"nan", "null"},
		"-inf":                                 {"-inf", "null"},
		"toDecimal64(1.50, 2)":                 {"1.5", `"1.5"`},
		"true":                                 {"true", "true"},
		"'<ü>'":                                {"<ü>", `"<ü>"`},
		"toFixedString('ab', 2)":               {"ab", `"ab"`},
		"CAST('b' AS Enum8('a' = 1, 'b' = 2))": {"b", `"b"`},
		"toLowCardinality('x')":                {"x", `"x"`},
		"CAST(NULL AS Nullable(Int32))":        {`\N`, "null"},
		"CAST(5 AS Nullable(Int32))":           {"5", "5"},
		"CAST(NULL AS LowCardinality(Nullable(String)))": {`\N`, "null"},
		"CAST('y' AS LowCardinality(Nullable(String)))":  {"y", `"y"`},
		"NULL":                 {`\N`, "null"},
		"toDate('2024-02-29')": {"2024-02-29", `"2024-02-29"`},
		"toDateTime('2024-02-29 01:02:03', 'UTC')":                                                {"2024-02-29 01:02:03", `"2024-02-29 01:02:03"`},
		"toDateTime64('2024-02-29 01:02:03.045', 3, 'UTC')":                                       {"2024-02-29 01:02:03.045", `"2024-02-29 01:02:03.045"`},
		"toDateTime64('2024-02-29 01:02:03', 0, 'UTC')":                                           {"2024-02-29 01:02:03", `"2024-02-29 01:02:03"`},
		"CAST(toDateTime64('2024-02-29 01:02:03.5', 3, 'UTC') AS Nullable(DateTime64(3, 'UTC')))": {"2024-02-29 01:02:03.500", `"2024-02-29 01:02:03.500"`},
		"toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')":                                          {"61f0c404-5cb3-11e7-907b-a6006ad3dba0", `"61f0c404-5cb3-11e7-907b-a6006ad3dba0"`},
		"toIPv4('10.0.0.1')":        {"10.0.0.1", `"10.0.0.1"`},
		"[1, 2]":                    {"[1,2]", "[1,2]"},
		"CAST([] AS Array(String))": {"[]", "[]"},
		"[toDate('2024-02-29')]":    {`["2024-02-29"]`, `["2024-02-29"]`},
		"[NULL, 'a']":               {`[null,"a"]`, `[null,"a"]`},
		"map('a', 1)":               {`{"a":1}`, `{"a":1}`},
		"(1, 'a')":                  {`[1,"a"]`, `[1,"a"]`},
		"toIntervalDay(2)":          {"2 Days", `"2 Days"`},
	} {
		var tsv, json bytes.Buffer
		require.NoError(t, Write(&tsv, "tsv", query("SELECT "+sql+" AS v"), 0), sql)
		require.Equal(t, "v\n"+want.text+"\n", tsv.String(), sql)
		require.NoError(t, Write(&json, "json", query("SELECT "+sql+" AS v"), 0), sql)
		require.Equal(t, `{"v":`+want.json+"}\n", json.String(), sql)
	}
}

// A tab, a newline or an escape sequence in a value breaks no format and no terminal.
func TestWrite_formats(t *testing.T) {
	query := ask(t)
	const sql = `SELECT n, name FROM values('n Int8, name Nullable(String)', (1, 'a\tb\nc\\"d,'), (22, NULL), (3, '\x1b[31m'), (4, '\\N'))`
	for format, want := range map[string]string{
		"table": "n   name\n" + "1   a\\tb\\nc\\\"d,\n" + "22  NULL\n" + "3   \\x1b[31m\n" + "4   \\N\n",
		"tsv":   "n\tname\n" + "1\ta\\tb\\nc\\\\\"d,\n" + "22\t\\N\n" + "3\t\x1b[31m\n" + "4\t\\\\N\n",
		"csv":   "n,name\n" + "1,\"a\tb\nc\\\"\"d,\"\n" + "22,\\N\n" + "3,\x1b[31m\n" + "4,\\N\n",
		"json":  `{"n":1,"name":"a\tb\nc\\\"d,"}` + "\n" + `{"n":22,"name":null}` + "\n" + `{"n":3,"name":"\u001b[31m"}` + "\n" + `{"n":4,"name":"\\N"}` + "\n",
	} {
		var out bytes.Buffer
		require.NoError(t, Write(&out, format, query(sql), 0))
		require.Equal(t, want, out.String(), format)
	}
	require.Equal(t, []string{"csv", "json", "table", "tsv"}, Formats())
	require.ErrorContains(t, Write(io.Discard, "xml", query(sql), 0), `no format is named "xml"`)
}

func TestWrite_stops_at_the_limit(t *testing.T) {
	query := ask(t)
	for _, format := range Formats() {
		header := 1
		if format == "json" {
			header = 0
		}
		for limit, want := range map[int]int{0: 5, 5: 5, 6: 5, 4: 4, 1: 1} {
			var out bytes.Buffer
			err := Write(&out, format, query("SELECT number FROM numbers(5)"), limit)
			require.Equal(t, want < 5, errors.Is(err, ErrMoreRows), "%s %d: %v", format, limit, err)
			require.Equal(t, want+header, strings.Count(out.String(), "\n"), "%s %d", format, limit)
		}
	}
}

// meter notes how much is written at a time, and breaks after a while.
type meter struct{ most, all, breaksAt int }

func (m *meter) Write(p []byte) (int, error) {
	m.most, m.all = max(m.most, len(p)), m.all+len(p)
	if m.breaksAt > 0 && m.all > m.breaksAt {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// A large result is written as it comes, and no longer than somebody takes it.
func TestWrite_streams(t *testing.T) {
	query := ask(t)
	for _, format := range Formats() {
		var m meter
		require.NoError(t, Write(&m, format, query("SELECT number, 'some text' AS text FROM numbers(200000)"), 0))
		require.Greater(t, m.all, 200_000*15)
		require.Less(t, m.most, 64<<10, format)
		gone := meter{breaksAt: 100_000}
		require.ErrorIs(t, Write(&gone, format, query("SELECT number, 'some text' AS text FROM numbers(200000)"), 0), io.ErrClosedPipe, format)
		require.Less(t, gone.all, 200_000, format)
	}
}
