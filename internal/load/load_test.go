package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/IBM/sarama"
	"github.com/IBM/sarama/mocks"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/kafka"
)

const github = "../../testdata/gh/events_h0.jsonl.gz"

func quiet(int, int) {}

// records loads the file into a broker of four partitions and returns what it then holds, per partition in order.
func records(t *testing.T, cfg Config, path string) ([4][]*kgo.Record, Result) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, cfg.Topic))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	p, err := sarama.NewAsyncProducer(cluster.ListenAddrs(), kafka.NewConfig("load-test"))
	require.NoError(t, err)
	result, err := Run(t.Context(), cfg, path, p, quiet)
	require.NoError(t, err)

	reader, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.ConsumeTopics(cfg.Topic))
	require.NoError(t, err)
	defer reader.Close()
	var got [4][]*kgo.Record
	for n := 0; n < result.Acknowledged; {
		fetches := reader.PollFetches(t.Context())
		require.NoError(t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) { got[r.Partition] = append(got[r.Partition], r); n++ })
	}
	return got, result
}

// object is an event as a reader of JSON sees it.
type object map[string]any

func objects(t *testing.T, path string) []object {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var all []object
	for s := bufio.NewScanner(z); s.Scan(); {
		var o object
		require.NoError(t, json.Unmarshal(s.Bytes(), &o))
		all = append(all, o)
	}
	return all
}

func at(t *testing.T, o object) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, o["event_time"].(string))
	require.NoError(t, err)
	return v
}

// The broker holds the file's events and nothing else, each where Java's partitioner and franz-go's would put it, in
// the file's order, and moved in time all by the same distance.
func TestWholeFileArrives(t *testing.T) {
	file := objects(t, github)
	var newest time.Time
	for _, o := range file {
		if v := at(t, o); v.After(newest) {
			newest = v
		}
	}
	for name, to := range map[string]time.Time{"as written": {}, "shifted": time.UnixMilli(1767225599123)} {
		t.Run(name, func(t *testing.T) {
			cfg := DefaultConfig()
			cfg.ShiftTo = to
			got, result := records(t, cfg, github)
			require.Equal(t, len(file), result.Acknowledged)
			require.Zero(t, result.Skipped)

			var want [4][]object
			partitioner := kgo.StickyKeyPartitioner(nil).ForTopic("")
			for _, o := range file {
				key := fmt.Sprintf("%s:%s", o["user_id"], o["post_id"])
				if !to.IsZero() {
					o = object{
						"event_id": o["event_id"], "user_id": o["user_id"], "post_id": o["post_id"], "author_id": o["author_id"],
						"action": o["action"], "event_time": to.Add(at(t, o).Sub(newest)).UTC().Format("2006-01-02T15:04:05.000Z"),
					}
				}
				o["key"] = key
				n := partitioner.Partition(&kgo.Record{Key: []byte(key)}, 4)
				want[n] = append(want[n], o)
			}
			for n := range want {
				var have []object
				for _, r := range got[n] {
					var o object
					require.NoError(t, json.Unmarshal(r.Value, &o))
					o["key"] = string(r.Key)
					have = append(have, o)
				}
				require.Equal(t, want[n], have)
			}
			for _, o := range file {
				delete(o, "key")
			}
		})
	}
}

func event(n int) string {
	return fmt.Sprintf(`{"event_id":"e%d","ts":%d,"user_id":"u","post_id":"p%d","action":"view","device":"<a&b>"}`, n, 1000+n, n)
}

func file(t *testing.T, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600))
	return path
}

func TestBadLineIsNamedBeforeAnythingIsSent(t *testing.T) {
	long := `{"event_id":"` + strings.Repeat("x", 200_000) + `"}`
	for bad, reason := range map[string]string{
		`{"event_id":`: "malformed: ",
		`[1]`:          "wrong_type: ",
		`{"ts":1,"user_id":"u","post_id":"p","action":"viw"}`: "invalid_field: action: \"viw\" is unknown",
		`{"ts":1,"post_id":"p","action":"view"}`:              "missing_field: user_id: absent or empty",
		long:                                                  "too_large: ",
	} {
		path := file(t, event(1), "", bad, event(2), bad)
		p := mocks.NewAsyncProducer(t, mocks.NewTestConfig())
		result, err := Run(t.Context(), DefaultConfig(), path, p, quiet)
		require.ErrorContains(t, err, path+", line 3: "+reason)
		require.ErrorContains(t, err, "(bad lines: 2 of 4; nothing was sent)")
		require.Zero(t, result.Acknowledged)

		cfg := DefaultConfig()
		cfg.SkipBad = true
		got, result := records(t, cfg, path)
		require.Equal(t, 2, result.Acknowledged)
		require.Equal(t, 2, result.Skipped)
		var values []string
		for _, part := range got {
			for _, r := range part {
				values = append(values, string(r.Value))
			}
		}
		require.ElementsMatch(t, []string{event(1), event(2)}, values)
	}
}

func TestAFileWithoutEventsIsRefused(t *testing.T) {
	cfg := DefaultConfig()
	cfg.SkipBad = true
	path := file(t, "# Readme", "no event")
	_, err := Run(t.Context(), cfg, path, mocks.NewAsyncProducer(t, mocks.NewTestConfig()), quiet)
	require.ErrorContains(t, err, "(none of 2 lines is an event)")
}

func TestShiftKeepsEverythingElse(t *testing.T) {
	got, err := shifted([]byte(event(1)), 1_500_000_000_007)
	require.NoError(t, err)
	require.JSONEq(t, `{"event_id":"e1","event_time":"2017-07-14T02:40:00.007Z","user_id":"u","post_id":"p1","action":"view","device":"<a&b>"}`, string(got))
}

func TestFileThatCannotBeRead(t *testing.T) {
	whole, err := os.ReadFile(github)
	require.NoError(t, err)
	cut := filepath.Join(t.TempDir(), "cut.gz")
	require.NoError(t, os.WriteFile(cut, whole[:len(whole)/2], 0o600))
	for path, want := range map[string]string{cut: "unexpected EOF", cut + "x": "no such file", t.TempDir(): "is a directory"} {
		_, err := Run(t.Context(), DefaultConfig(), path, mocks.NewAsyncProducer(t, mocks.NewTestConfig()), quiet)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
}

func TestEmptyFileIsLoadedAtOnce(t *testing.T) {
	result, err := Run(t.Context(), DefaultConfig(), file(t, "", ""), mocks.NewAsyncProducer(t, mocks.NewTestConfig()), quiet)
	require.NoError(t, err)
	require.Zero(t, result.Acknowledged)
}

// In a bubble the clock is the test's own: 301 events at 100/s, less the first burst of 5, take 2.96 s.
func TestRate(t *testing.T) {
	var lines []string
	for n := range 301 {
		lines = append(lines, event(n))
	}
	path := file(t, lines...)
	synctest.Test(t, func(t *testing.T) {
		p := acker()
		cfg := DefaultConfig()
		cfg.Rate = 100
		result, err := Run(t.Context(), cfg, path, p, quiet)
		require.NoError(t, err)
		require.Equal(t, 301, result.Acknowledged)
		require.InDelta(t, 2960, result.Took.Milliseconds(), 20)
	})
}

func TestRefusalStopsTheLoad(t *testing.T) {
	path := file(t, event(1), event(2), event(3))
	p := acker()
	p.refuse = func(m *sarama.ProducerMessage) bool {
		return strings.Contains(string(m.Value.(sarama.ByteEncoder)), "e2")
	}
	_, err := Run(t.Context(), DefaultConfig(), path, p, quiet)
	require.ErrorIs(t, err, sarama.ErrMessageSizeTooLarge)
	require.ErrorContains(t, err, "sending to events: ")
}

func TestStopWaitsForWhatIsUnderWayButNotForEver(t *testing.T) {
	path := file(t, event(1), event(2), event(3))
	synctest.Test(t, func(t *testing.T) {
		p := acker()
		p.hold = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel() }()
		result, err := Run(ctx, DefaultConfig(), path, p, quiet)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, "not acknowledged")
		require.Equal(t, time.Second+DefaultConfig().Grace, result.Took)
		close(p.hold)
		for range p.acks { // let the held goroutine of the fake end
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := acker()
		p.hold = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { time.Sleep(time.Second); cancel(); time.Sleep(time.Second); close(p.hold) }()
		result, err := Run(ctx, DefaultConfig(), path, p, quiet)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2*time.Second, result.Took)
		require.Equal(t, 1, result.Acknowledged, "what the producer had taken before the stop")
	})
}

func TestProgress(t *testing.T) {
	clock := time.Unix(0, 0)
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		p := NewProgress(&out, "events", terminal, func() time.Time { return clock })
		for n := 1; n <= 100; n++ {
			clock = clock.Add(50 * time.Millisecond)
			p.Show(n, 100)
		}
		p.End()
		if terminal {
			require.Equal(t, 50, strings.Count(out.String(), "\r["))
			require.Contains(t, out.String(), "\r[===============               ]  50%  50 of 100 events, 20/s\x1b[K")
			require.True(t, strings.HasSuffix(out.String(), "\r\x1b[K"))
		} else {
			require.Equal(t, " 60%  60 of 100 events, 20/s\n", out.String())
		}
	}
}
