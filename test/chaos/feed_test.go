package chaos

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/topology"
)

// event is one line of the file, with what the recount needs.
type event struct {
	EventID   string `json:"event_id"`
	EventTime string `json:"event_time"`
	UserID    string `json:"user_id"`
	PostID    string `json:"post_id"`
	AuthorID  string `json:"author_id"`
	Action    string `json:"action"`
	Device    string `json:"device"`
}

func readEvents(t *testing.T, file string) []event {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var all []event
	for sc := bufio.NewScanner(z); sc.Scan(); {
		var e event
		require.NoError(t, json.Unmarshal(sc.Bytes(), &e))
		all = append(all, e)
	}
	return all
}

// truth is the recount: what every count must be, kept by hand beside the feed.
type truth struct {
	sent     int64
	distinct map[string]bool
	likes    map[[2]string]bool
	posts    map[string]map[string]int64 // by post and action; a like once per user
	rows     int64
	hours    map[hourCount]int64 // rows
}

// hourCount names a number of events: those of one kind, post and hour.
type hourCount struct{ hour, post, action string }

func newTruth() *truth {
	return &truth{distinct: map[string]bool{}, likes: map[[2]string]bool{}, posts: map[string]map[string]int64{}, hours: map[hourCount]int64{}}
}

func (tr *truth) count(e event) {
	tr.sent++
	if tr.distinct[e.EventID] {
		return
	}
	tr.distinct[e.EventID] = true
	tr.rows++
	tr.hours[hourCount{e.EventTime[:len("2006-01-02T15")], e.PostID, e.Action}]++
	if e.Action == "like" {
		k := [2]string{e.UserID, e.PostID}
		if tr.likes[k] {
			return
		}
		tr.likes[k] = true
	}
	if tr.posts[e.PostID] == nil {
		tr.posts[e.PostID] = map[string]int64{}
	}
	tr.posts[e.PostID][e.Action]++
}

// feed sends the redelivered hour again and again, each pass with event ids of its own (and of those of other feeds, by
// tag), at perSecond until ctx ends, adds it to the recount, and returns once everything is acknowledged.
func (tr *truth) feed(ctx context.Context, t *testing.T, brokers []string, events []event, perSecond int, tag string) {
	t.Helper()
	cfg := kafka.NewConfig("feed")
	cfg.Producer.Return.Successes = false
	p, err := sarama.NewAsyncProducer(brokers, cfg)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		for e := range p.Errors() {
			select {
			case failed <- e:
			default:
			}
		}
		close(failed)
	}()
	limit := rate.NewLimiter(rate.Limit(perSecond), perSecond/10)
	devices := []string{"", "phone", "tablet"}
	for pass := 0; ctx.Err() == nil; pass++ {
		for n, e := range events {
			if limit.Wait(ctx) != nil {
				break
			}
			e.EventID += fmt.Sprint("/", tag, pass)
			late := time.Duration(n%10) * 100 * time.Millisecond
			e.EventTime, e.Device = time.Now().Add(-late).UTC().Format(time.RFC3339Nano), devices[n%len(devices)]
			if pass > 0 && e.Action == "like" {
				e.UserID += fmt.Sprint("/", pass)
			}
			tr.send(t, p, e)
		}
	}
	p.AsyncClose()
	for err := range failed {
		require.NoError(t, err)
	}
}

func (tr *truth) send(t *testing.T, p sarama.AsyncProducer, e event) {
	t.Helper()
	v, err := json.Marshal(e)
	require.NoError(t, err)
	tr.count(e)
	p.Input() <- &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder(e.UserID + ":" + e.PostID), Value: sarama.ByteEncoder(v)}
}
