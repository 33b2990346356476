package devstack_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// open connects the real client, as a program of the pipeline does.
func open(t *testing.T, stack *devstack.Stack, options ...func(*clickhouse.Options)) clickhouse.Conn {
	t.Helper()
	o, err := clickhouse.ParseDSN(stack.ClickHouseDSN())
	require.NoError(t, err)
	for _, option := range options {
		option(o)
	}
	conn, err := clickhouse.Open(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}

func compressed(method clickhouse.CompressionMethod) func(*clickhouse.Options) {
	return func(o *clickhouse.Options) { o.Compression = &clickhouse.Compression{Method: method} }
}

// event has a column of each type the pipeline uses.
type event struct {
	ID      string    `ch:"id"`
	Kind    string    `ch:"kind"`
	Device  string    `ch:"device"`
	At      time.Time `ch:"at"`
	Post    uint64    `ch:"post"`
	DwellMS uint32    `ch:"dwell_ms"`
	Author  *string   `ch:"author"`
	Offset  int64     `ch:"offset"`
}

const createEvents = `CREATE TABLE nova.events (
	id String, kind Enum8('view' = 1, 'like' = 2), device LowCardinality(String), at DateTime64(3, 'UTC'),
	post UInt64, dwell_ms UInt32, author Nullable(String), offset Int64
) ENGINE = MergeTree PARTITION BY toYYYYMM(at) ORDER BY (post, at)
SETTINGS non_replicated_deduplication_window = 100`

const createLikes = `CREATE TABLE nova.likes (post UInt64, month UInt32, n UInt64) ENGINE = SummingMergeTree
PARTITION BY month ORDER BY post SETTINGS non_replicated_deduplication_window = 100`

const createLikesView = `CREATE MATERIALIZED VIEW nova.likes_mv TO nova.likes AS
SELECT post, toYYYYMM(at) AS month, count() AS n FROM nova.events WHERE kind = 'like' GROUP BY post, month`

func createTables(t *testing.T, conn clickhouse.Conn) {
	t.Helper()
	for _, sql := range []string{"CREATE DATABASE nova", createEvents, createLikes, createLikesView} {
		require.NoError(t, conn.Exec(t.Context(), sql))
	}
}

// events returns n rows from number `from` on, of one month; every third is a like of one of seven posts.
func events(from, n int) []event {
	author := "author 'ä' \x00\n"
	var rows []event
	for k := from; k < from+n; k++ {
		row := event{
			ID: fmt.Sprintf("id-%d", k), Kind: "view", Device: []string{"ios", "android", "web"}[k%3],
			At:   time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(k) * time.Millisecond),
			Post: uint64(k%7) + 1<<63, DwellMS: uint32(k) ^ 1<<31, Offset: int64(k),
		}
		if k%3 == 0 {
			row.Kind, row.Author = "like", &author
		}
		rows = append(rows, row)
	}
	return rows
}

// likes counts the likes of rows by post.
func likes(rows []event) map[uint64]uint64 {
	out := map[uint64]uint64{}
	for _, r := range rows {
		if r.Kind == "like" {
			out[r.Post]++
		}
	}
	return out
}

func insert(ctx context.Context, t *testing.T, conn clickhouse.Conn, rows []event) {
	t.Helper()
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO nova.events")
	require.NoError(t, err)
	defer func() { require.NoError(t, batch.Close()) }()
	for i := range rows {
		require.NoError(t, batch.AppendStruct(&rows[i]))
	}
	require.NoError(t, batch.Send())
}

func readEvents(t *testing.T, conn clickhouse.Conn) []event {
	t.Helper()
	var rows []event
	require.NoError(t, conn.Select(t.Context(), &rows, "SELECT id, kind, device, at, post, dwell_ms, author, offset FROM nova.events ORDER BY offset"))
	return rows
}

func readLikes(t *testing.T, conn clickhouse.Conn) map[uint64]uint64 {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT post, sum(n) FROM nova.likes GROUP BY post")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	out := map[uint64]uint64{}
	for rows.Next() {
		var post, n uint64
		require.NoError(t, rows.Scan(&post, &n))
		out[post] = n
	}
	require.NoError(t, rows.Err())
	return out
}

func TestClickHouseRoundTripsEveryTypeWithEveryCompression(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	createTables(t, open(t, stack))
	want := events(0, 3000)
	for i, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4, clickhouse.CompressionZSTD} {
		conn := open(t, stack, compressed(method))
		insert(t.Context(), t, conn, want[i*1000:(i+1)*1000])
		require.Equal(t, want[:(i+1)*1000], readEvents(t, conn))
	}
}

func TestClickHouseCountsATokenOnceInTableAndView(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	conn := open(t, stack, compressed(clickhouse.CompressionLZ4))
	createTables(t, conn)
	want := events(0, 2000)
	for i, token := range []string{"a", "a", "b", "a", "b"} {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{
			"async_insert": 0, "insert_deduplicate": 1, "insert_deduplication_token": "it's \\ " + token,
			"deduplicate_blocks_in_dependent_materialized_views": 1,
		}), clickhouse.WithQueryID(fmt.Sprintf("insert-%d", i)))
		from := strings.Index("ab", token) * 1000
		insert(ctx, t, conn, want[from:from+1000])
	}
	require.Equal(t, want, readEvents(t, conn))
	require.Equal(t, likes(want), readLikes(t, conn))

	// Without the token's setting, the next insert is another one: settings do not outlive their request.
	insert(t.Context(), t, conn, events(2000, 10))
	insert(t.Context(), t, conn, events(2010, 10))
	require.Equal(t, events(0, 2020), readEvents(t, conn))
}

func TestClickHouseErrorsReachTheClient(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	for _, c := range []struct {
		name   string
		sql    string
		code   int32
		status int
		text   string
	}{
		{"unknown table", "SELECT * FROM nowhere", 60, http.StatusNotFound, "UNKNOWN_TABLE"},
		{"syntax", "SELEC 1 FROM x", 62, http.StatusBadRequest, "SYNTAX_ERROR"},
		{"while running", "SELECT throwIf(number = 5, 'five ü') FROM numbers(10)", 395, http.StatusInternalServerError, "five ü"},
		{"too long", "SELECT sum(sleepEachRow(0.1)) FROM numbers(50) SETTINGS max_execution_time = 0.2, max_block_size = 1", 159, http.StatusRequestTimeout, "TIMEOUT_EXCEEDED"},
	} {
		for _, method := range []clickhouse.CompressionMethod{clickhouse.CompressionNone, clickhouse.CompressionLZ4} {
			t.Run(c.name+", "+method.String(), func(t *testing.T) {
				rows, err := open(t, stack, compressed(method)).Query(t.Context(), c.sql)
				if err == nil {
					_ = rows.Close()
				}
				var http *clickhouse.HTTPError
				require.ErrorAs(t, err, &http)
				require.Equal(t, c.status, http.StatusCode)
				var exception *clickhouse.Exception
				require.ErrorAs(t, err, &exception)
				require.Equal(t, c.code, exception.Code)
				require.Contains(t, exception.Message, c.text)
			})
		}
	}
	t.Run("unknown setting", func(t *testing.T) {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"no_such_setting": 1}))
		var exception *clickhouse.Exception
		require.ErrorAs(t, open(t, stack).Exec(ctx, "SELECT 1"), &exception)
		require.Equal(t, int32(115), exception.Code)
	})
	t.Run("unknown database", func(t *testing.T) {
		conn := open(t, stack, func(o *clickhouse.Options) { o.Auth.Database = "no`such" })
		var exception *clickhouse.Exception
		require.ErrorAs(t, conn.Ping(t.Context()), &exception)
		require.Equal(t, int32(81), exception.Code)
	})
	t.Run("bad rows", func(t *testing.T) {
		conn := open(t, stack)
		createTables(t, conn)
		status, _, text := post(t, stack, "?query=INSERT+INTO+nova.events+FORMAT+Native", "\x01\x01 this is no block")
		require.Equal(t, http.StatusInternalServerError, status, text)
		require.Regexp(t, `^Code: \d+\. DB::Exception: `, text)
		require.Empty(t, readEvents(t, conn))
	})
}

func post(t *testing.T, stack *devstack.Stack, query, body string) (status int, header http.Header, text string) {
	t.Helper()
	answer, err := http.Post("http://"+stack.ClickHouseAddr()+"/"+query, "text/plain", strings.NewReader(body))
	require.NoError(t, err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, answer.Header, string(data)
}

func TestClickHouseServesOtherClients(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	answer, err := http.Get("http://" + stack.ClickHouseAddr() + "/ping")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)

	for _, step := range []struct{ query, body, want string }{
		{"", "CREATE DATABASE shop", ""},
		{"?database=shop", "CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a", ""},
		{"?database=shop&query=INSERT+INTO+t+FORMAT+JSONEachRow", "{\"a\":1,\"s\":\"x;y\"}\n{\"a\":2,\"s\":\"z\"}\n", ""},
		{"?database=shop", "INSERT INTO t FORMAT JSONEachRow {\"a\":3,\"s\":\"x\"}\n{\"a\":4,\"s\":\"z\"}\n", ""},
		{"?database=shop", "INSERT INTO t VALUES (5, 'INSERT; -- no'), (6, '')", ""},
		{"?database=shop", "SELECT a, s FROM t ORDER BY a LIMIT 2 FORMAT JSONEachRow", "{\"a\":1,\"s\":\"x;y\"}\n{\"a\":2,\"s\":\"z\"}\n"},
		{"?database=shop&param_a=4&param_s=INSERT%3B+--+no", "SELECT a FROM t WHERE a > {a:UInt32} AND s = {s:String}", "5\n"},
		{"?query=SELECT+count()+FROM+shop.t", "", "6\n"},
		{"?default_format=CSV", "SELECT 1, 'a'", "1,\"a\"\n"},
		{"", "SELECT currentDatabase()", "default\n"},
		{"?max_threads=1", "SELECT getSetting('max_threads')", "1\n"},
		{"", "SELECT changed FROM system.settings WHERE name = 'max_threads'", "0\n"},
	} {
		status, _, text := post(t, stack, step.query, step.body)
		require.Equal(t, http.StatusOK, status, "%s %s: %s", step.query, step.body, text)
		require.Equal(t, step.want, text, "%s %s", step.query, step.body)
	}

	status, header, text := post(t, stack, "?query_id=q-7", "SELECT nonsense()")
	require.Equal(t, http.StatusNotFound, status)
	require.Equal(t, "q-7", header.Get("X-ClickHouse-Query-Id"))
	require.Equal(t, "46", header.Get("X-ClickHouse-Exception-Code"))
	require.Contains(t, text, "Code: 46. DB::Exception: ")
}

func TestClickHouseInsertIsOneBlock(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	conn := open(t, stack, compressed(clickhouse.CompressionLZ4))
	createTables(t, conn)
	const n = 200_000
	want := events(0, n)
	insert(t.Context(), t, conn, want)
	require.Equal(t, want, readEvents(t, conn))
	require.Equal(t, likes(want), readLikes(t, conn))
	var parts uint64
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count() FROM system.parts WHERE database = 'nova' AND table = 'events' AND level = 0").Scan(&parts))
	require.Equal(t, uint64(1), parts)
}

func TestClickHouseRunsQueriesInParallel(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	conn := open(t, stack, func(o *clickhouse.Options) { o.MaxOpenConns = 20 })
	createTables(t, conn)
	var all sync.WaitGroup
	begin := time.Now()
	for range 10 {
		all.Go(func() {
			var zero uint8
			if err := conn.QueryRow(t.Context(), "SELECT sleep(1)").Scan(&zero); err != nil {
				t.Error(err)
			}
		})
	}
	for i := range 8 {
		all.Go(func() { insert(t.Context(), t, conn, events(i*100, 100)) })
	}
	all.Wait()
	require.Less(t, time.Since(begin), 5*time.Second) // one after the other: 10 s and more
	require.Equal(t, events(0, 800), readEvents(t, conn))
}

func TestClickHouseKeepsRowsOverARestart(t *testing.T) {
	dir := t.TempDir()
	want := events(0, 1000)
	t.Run("first life", func(t *testing.T) {
		stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse), devstacktest.DataDir(dir))
		conn := open(t, stack)
		createTables(t, conn)
		insert(t.Context(), t, conn, want)
	})
	t.Run("second life", func(t *testing.T) {
		stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse), devstacktest.DataDir(dir))
		conn := open(t, stack)
		require.Equal(t, want, readEvents(t, conn))
		require.Equal(t, likes(want), readLikes(t, conn))
		insert(t.Context(), t, conn, events(1000, 500))
		require.Equal(t, likes(events(0, 1500)), readLikes(t, conn))
	})
}

func TestCloseWaitsForQueriesInFlight(t *testing.T) {
	cfg := devstack.DefaultConfig()
	cfg.Without = ^devstack.ClickHouse
	stack, err := devstack.Start(t.Context(), cfg)
	require.NoError(t, err)
	conn := open(t, stack)
	require.NoError(t, conn.Ping(t.Context()))
	answered := make(chan error, 1)
	go func() {
		var zero uint8
		answered <- conn.QueryRow(t.Context(), "SELECT sleep(1.5)").Scan(&zero)
	}()
	require.Eventually(t, func() bool {
		var running uint64
		err := conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE query LIKE '%sleep(1.5)%'").Scan(&running)
		return err == nil && running == 2 // it and this one
	}, time.Second, 10*time.Millisecond)
	require.NoError(t, stack.Close(t.Context()))
	require.NoError(t, <-answered)
}
