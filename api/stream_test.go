package api

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
)

// TestStreamResumes with nothing for who has the list in force, and with it for all others.
func TestStreamResumes(t *testing.T) {
	w := newWorld()
	base, stop := start(t, w)
	read := func(last string) *bufio.Reader {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/v1/trending/stream", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Last-Event-ID", last)
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, answer.Body.Close()) })
		stream := bufio.NewReader(answer.Body)
		require.Equal(t, "retry: 2000\n", nextEvent(t, stream))
		return stream
	}
	id := func(event string) string {
		return strings.TrimPrefix(strings.Split(event, "\n")[1], "id: ")
	}
	first := nextEvent(t, read(""))
	require.Equal(t, first, nextEvent(t, read("of another list")))

	resumed := read(id(first))
	w.board.Refresh(now + 1) // only older
	w.update("p4", engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Shares: 9}})
	w.board.Refresh(now + 2)
	event := nextEvent(t, resumed)
	require.Contains(t, event, `"post_id":"p4"`, "the list it has did not come again")
	require.NotEqual(t, id(first), id(event))
	require.NoError(t, stop())
}

// slowReader opens the stream of a board of large pages with small buffers on the way, and returns the connection, the
// board and what tells that the handler has ended.
func slowReader(t *testing.T, patience time.Duration) (conn net.Conn, board *trending.Board, ended *atomic.Bool) {
	t.Helper()
	board = newBoard()
	for id := range strings.SplitSeq("abcdefghijklmnopqrst", "") {
		w := world{board: board}
		w.update(strings.Repeat(id, 5_000), engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Views: 1}})
	}
	board.Refresh(now)
	ended = &atomic.Bool{}
	stream := streamTrending(board, &frontPage{list: board}, time.Hour, patience, make(chan struct{}))
	server := http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer ended.Store(true)
			stream(w, r)
		}),
		ReadHeaderTimeout: time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			_ = c.(*net.TCPConn).SetWriteBuffer(4 << 10)
			return ctx
		},
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err = net.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = conn.Close()
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-done, http.ErrServerClosed)
	})
	return conn, board, ended
}

// TestStream_gives_a_slow_reader_the_latest changes the list many times while a reader does not read.
func TestStream_gives_a_slow_reader_the_latest(t *testing.T) {
	conn, board, _ := slowReader(t, time.Minute)
	time.Sleep(100 * time.Millisecond) // the first event does not fit
	const changes = 200
	for n := range int64(changes) {
		w := world{board: board}
		w.update(strings.Repeat("a", 5_000), engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Views: 2 + n}})
		board.Refresh(now + 1 + n)
	}
	last := trending.FormatTime(now + changes)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second)))
	lines := bufio.NewReader(conn)
	events := 0
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if strings.HasPrefix(line, "data: ") {
			events++
			if strings.Contains(line[:min(len(line), 100)], last) {
				break
			}
		}
	}
	require.LessOrEqual(t, events, 5, "what fitted, and the latest")
}

// TestStream_drops_who_does_not_read at all.
func TestStream_drops_who_does_not_read(t *testing.T) {
	_, board, ended := slowReader(t, 200*time.Millisecond)
	n := int64(0)
	require.Eventually(t, func() bool {
		n++
		w := world{board: board}
		w.update(strings.Repeat("a", 5_000), engagement.Bucket{Start: now, Last: now, Counts: engagement.Counts{Views: 1 + n}})
		board.Refresh(now + n)
		return ended.Load()
	}, 20*time.Second, 10*time.Millisecond)
}
