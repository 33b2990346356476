package streams

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
)

// TestView_at_a_row_that_cannot_be_read stops answering, and says why: what lies behind the row it will never know. Rows
// behind it come when it can be read.
func TestView_at_a_row_that_cannot_be_read(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.fillTable("sum-table", 2)
	var log testbuffer.Buffer
	b.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	codec := &refusing{}
	v, err := NewView(b.cfg, "sum-table", codec, nil)
	require.NoError(t, err)
	b.start(v.Run)
	b.eventually("recovered", v.Recovered)
	codec.refuses.Store(true)
	require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: "sum-table", Key: []byte("bad"), Value: seven(t)}).FirstErr())
	b.eventually("not recovered", func() bool { return !v.Recovered() })
	require.Contains(t, log.String(), "a partition of a table cannot be read on")
	require.Contains(t, log.String(), "offset=2")
	codec.refuses.Store(false)
	b.eventually("recovered again", func() bool { _, ok := v.Get("bad"); return ok && v.Recovered() })
}

// TestWatermark moves with the views, and stands while one does not get what its table has, or nobody says what that is.
func TestWatermark(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.fillTable("sum-table", 2)
	codec := &refusing{}
	v, err := NewView(b.cfg, "sum-table", codec, nil)
	require.NoError(t, err)
	inspector, err := NewInspector(b.cfg.Brokers, "")
	require.NoError(t, err)
	t.Cleanup(inspector.Close)
	w := NewWatermark(inspector, time.Now, nil)
	w.Add("sum-table", v)
	until := func() time.Time { return w.Until("sum-table") }
	began := until()
	b.start(w.Run)
	time.Sleep(1500 * time.Millisecond)
	require.Equal(t, began, until(), "the view does not run yet")
	b.start(v.Run)
	moves := func() bool { at := until(); return at.After(began) && time.Since(at) < 3*time.Second }
	b.eventually("it moves", moves)
	require.WithinDuration(t, time.Now(), w.Now(), time.Second)

	codec.refuses.Store(true)
	require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: "sum-table", Key: []byte("bad"), Value: seven(t)}).FirstErr())
	b.eventually("it stands", func() bool { return time.Since(until()) > watermarkSlack+500*time.Millisecond })
	stands := w.Now()
	require.Equal(t, until().Add(watermarkSlack), stands)
	time.Sleep(watermarkEvery)
	require.Equal(t, stands, w.Now())
	codec.refuses.Store(false)
	began = until()
	b.eventually("it moves again", moves)

	var away atomic.Bool
	away.Store(true)
	b.cluster.ControlKey(int16(kmsg.ListOffsets), func(kmsg.Request) (kmsg.Response, error, bool) {
		b.cluster.KeepControl()
		return nil, errors.New("away"), away.Load()
	})
	b.eventually("it stands", func() bool { return time.Since(until()) > watermarkSlack })
	began = until()
	away.Store(false)
	b.eventually("it moves again", moves)
}

// refusing is a codec that may refuse the row of sum 7.
type refusing struct {
	tallyCodec
	refuses atomic.Bool
}

func (c *refusing) Decode(data []byte) (any, error) {
	row, err := c.tallyCodec.Decode(data)
	if got, is := row.(*tally); is && got.Sum == 7 && c.refuses.Load() {
		return nil, errors.New("it is of a version that is not known")
	}
	return row, err
}

func seven(t *testing.T) []byte {
	t.Helper()
	value, err := tallyCodec{}.Encode(&tally{Sum: 7, At: schemas.Position{Offset: 7}})
	require.NoError(t, err)
	return value
}
