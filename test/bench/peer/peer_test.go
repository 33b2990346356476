package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
)

const input = "somebody-elses"

// began is a whole minute long ago: the clock of the run is that of its events.
var began = time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)

// feed sends events of five actions over 80 min, each twice, and returns the totals by post and the sums of the last hour.
func feed(t *testing.T, brokers []string) (totals map[string]int64, within map[string]int64) {
	t.Helper()
	_, err := streams.Provision(t.Context(), brokers, []streams.TopicSpec{{Name: input, Partitions: 4, Replication: 1}})
	require.NoError(t, err)
	p, err := sarama.NewSyncProducer(brokers, kafka.NewConfig("test"))
	require.NoError(t, err)
	totals, within = map[string]int64{}, map[string]int64{}
	sums := map[string]string{"view": "views", "like": "likes", "comment": "comments", "share": "shares"}
	var records []*sarama.ProducerMessage
	for i := range 400 {
		action, at := [...]string{"view", "view", "like", "comment", "share"}[i%5], began.Add(time.Duration(i)*12*time.Second)
		user, post := fmt.Sprintf("user-%d", i), fmt.Sprintf("post-%d", i%7)
		totals[post]++
		if i*12/60 >= 399*12/60-59 { // the minute of the last event and the 59 before it
			within[sums[action]]++
		}
		value := fmt.Sprintf(`{"event_id":"e%d","event_time":%q,"user_id":%q,"post_id":%q,"action":%q}`, i, at.Format(time.RFC3339), user, post, action)
		for range 2 {
			records = append(records, &sarama.ProducerMessage{Topic: input, Key: sarama.StringEncoder(user + ":" + post), Value: sarama.StringEncoder(value), Timestamp: at})
		}
	}
	require.NoError(t, p.SendMessages(records))
	require.NoError(t, p.Close())
	return totals, within
}

func get(t *testing.T, addr, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// Both flows count what was sent, and answer as the benchmark asks.
func TestPeer_counts_each_event_once(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	totals, within := feed(t, stack.Brokers())
	for _, flow := range []string{"lean", "whole"} {
		t.Run(flow, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			addr := l.Addr().String()
			require.NoError(t, l.Close())
			p, err := newPeer(environment{brokers: stack.Brokers()[0], topic: input, run: "run-" + flow, state: t.TempDir(), addr: addr}, flow, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- p.run(ctx) }()
			want := map[string]int64{"rows": int64(len(totals)), "total": 400, "views": within["views"], "likes": within["likes"], "comments": within["comments"], "shares": within["shares"]}
			require.Eventually(t, func() bool {
				var got map[string]int64
				return json.Unmarshal([]byte(get(t, addr, "/stats")), &got) == nil && got["total"] == 400
			}, 30*time.Second, 20*time.Millisecond)
			got := map[string]int64{}
			require.NoError(t, json.Unmarshal([]byte(get(t, addr, "/stats")), &got))
			require.Equal(t, want, got)

			require.JSONEq(t, `{"ready":true,"consumed":800,"forwarded":400,"applied":400}`, get(t, addr, "/progress"))
			var lines []string
			for post, n := range totals {
				lines = append(lines, fmt.Sprintf("%s %d", post, n))
			}
			require.ElementsMatch(t, lines, strings.Split(strings.TrimSpace(get(t, addr, "/dump")), "\n"))
			require.JSONEq(t, fmt.Sprintf("[%d,0,%d]", totals["post-3"], totals["post-0"]), get(t, addr, "/posts?ids=post-3,none,post-0"))
			score := within["views"] + 20*within["likes"] + 30*within["comments"] + 50*within["shares"]
			require.Eventually(t, func() bool {
				var top []struct{ Score int64 }
				if json.Unmarshal([]byte(get(t, addr, "/top?n=50")), &top) != nil || !slices.IsSortedFunc(top, func(a, b struct{ Score int64 }) int { return int(b.Score - a.Score) }) {
					return false
				}
				left := score
				for _, post := range top {
					left -= post.Score
				}
				return left == 0 && len(top) == len(totals)
			}, 10*time.Second, 50*time.Millisecond)
			cancel()
			require.NoError(t, <-done)
		})
	}
}

func TestPeer_refuses_a_flow_it_does_not_have(t *testing.T) {
	_, err := newPeer(environment{brokers: "127.0.0.1:1", topic: input, run: "r"}, "whale", slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, `no flow is named "whale"`)
}
