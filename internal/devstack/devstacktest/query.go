package devstacktest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
)

// Query sends SQL to the stack's ClickHouse as any HTTP client would and returns the rows by column name. Numbers are
// float64, except 64-bit integers of more than 53 bits, which lose precision.
func Query(tb testing.TB, stack *devstack.Stack, database, sql string) []map[string]any {
	tb.Helper()
	to := url.URL{Scheme: "http", Host: stack.ClickHouseAddr(), Path: "/", RawQuery: url.Values{
		"database": {database}, "default_format": {"JSONEachRow"}, "output_format_json_quote_64bit_integers": {"0"},
	}.Encode()}
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, to.String(), strings.NewReader(sql))
	require.NoError(tb, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(tb, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, err := io.ReadAll(res.Body)
		require.NoError(tb, err)
		require.FailNow(tb, "query refused", "%s: %s", sql, body)
	}
	var rows []map[string]any
	for dec := json.NewDecoder(res.Body); ; {
		row := map[string]any{}
		err := dec.Decode(&row)
		if errors.Is(err, io.EOF) {
			return rows
		}
		require.NoError(tb, err)
		rows = append(rows, row)
	}
}
