package refresh

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/rowprint"
)

// maxValue is how large a value in Redis may be, bytes.
const maxValue = 16 << 20

var (
	errTooManyRows = errors.New("the result has more rows than max_rows")
	errTooLarge    = fmt.Errorf("the result is larger than %d MiB", maxValue>>20)
)

// SQLToRedis returns work that writes the rows of a query as a JSON array of objects, with columns in the order of the query.
// A result that is too large is an error: half of one would look like a whole.
func SQLToRedis(client *clickhouse.Client, query func() (string, error), maxRows int, to Target) func(context.Context) error {
	return func(ctx context.Context) error {
		sql, err := query()
		if err != nil {
			return err
		}
		var lines bytes.Buffer
		var large error // no fault of the server
		err = client.Stream(ctx, "sql_to_redis", sql, func(rows driver.Rows) error {
			err := rowprint.Write(&limited{&lines}, "json", rows, maxRows)
			switch {
			case errors.Is(err, rowprint.ErrMoreRows):
				large = fmt.Errorf("%w (%d)", errTooManyRows, maxRows)
				return nil
			case errors.Is(err, errTooLarge):
				large = errTooLarge
				return nil
			}
			return err
		})
		if err := cmp.Or(err, large); err != nil {
			return err
		}
		return to.write(ctx, array(lines.Bytes()))
	}
}

// array makes one array of lines that are a value each. JSON has no line ends within a value.
func array(lines []byte) []byte {
	lines = bytes.ReplaceAll(bytes.TrimSuffix(lines, []byte("\n")), []byte("\n"), []byte(","))
	return append(append([]byte("["), lines...), "]\n"...)
}

// limited is a buffer that takes no more than a value may be.
type limited struct{ *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > maxValue {
		return 0, errTooLarge
	}
	return l.Buffer.Write(p)
}
