package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// database stands for the application's database and its connector.
type database struct {
	t        *testing.T
	producer sarama.SyncProducer
	lsn      int64
}

func newDatabase(t *testing.T, brokers []string) *database {
	t.Helper()
	producer, err := sarama.NewSyncProducer(brokers, kafka.NewConfig("test"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, producer.Close()) })
	return &database{t: t, producer: producer}
}

// write says that a row was written, deleted (nil), or that the table was truncated (no id).
func (d *database) write(table, id string, row map[string]any) {
	d.t.Helper()
	if id == "" {
		d.send(table, nil, row)
		return
	}
	d.send(table, map[string]any{"id": id}, row)
}

// send is write for a table with any primary key.
func (d *database) send(table string, key, row map[string]any) {
	d.t.Helper()
	d.lsn++
	now := time.Now().UnixMilli()
	envelope := map[string]any{
		"before": nil, "after": row, "op": "c", "ts_ms": now, "transaction": nil,
		"source": map[string]any{
			"version": "3.7.0.Final", "connector": "postgresql", "name": "cdc", "ts_ms": now, "snapshot": "false", "db": "nova",
			"sequence": fmt.Sprintf(`[null,"%d"]`, d.lsn), "schema": "public", "table": table, "txId": d.lsn, "lsn": d.lsn,
		},
	}
	message := &sarama.ProducerMessage{Topic: "cdc." + table}
	if key != nil {
		text, err := json.Marshal(key)
		require.NoError(d.t, err)
		message.Key = sarama.ByteEncoder(text)
	}
	switch {
	case key == nil:
		envelope["op"] = "t"
	case row == nil:
		envelope["op"], envelope["before"] = "d", key
	default:
		maps.Copy(row, key)
	}
	if row == nil {
		envelope["after"] = nil
	}
	value, err := json.Marshal(envelope)
	require.NoError(d.t, err)
	message.Value = sarama.ByteEncoder(value)
	_, _, err = d.producer.SendMessage(message)
	require.NoError(d.t, err)
}

// view sends a client's event.
func (d *database) view(post string) {
	d.t.Helper()
	event := fmt.Sprintf(`{"user_id":"u","post_id":%q,"action":"view","ts":%d}`, post, time.Now().UnixMilli())
	_, _, err := d.producer.SendMessage(&sarama.ProducerMessage{Topic: "events", Key: sarama.StringEncoder("u:" + post), Value: sarama.StringEncoder(event)})
	require.NoError(d.t, err)
}

// trendingNow returns the posts of the list, nil where there is none yet.
func trendingNow(t *testing.T, addr string) map[string]bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/v1/trending?limit=100", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var page struct {
		Items []struct {
			PostID string `json:"post_id"`
		} `json:"items"`
	}
	if res.StatusCode != http.StatusOK || json.NewDecoder(res.Body).Decode(&page) != nil {
		return nil
	}
	posts := map[string]bool{}
	for _, item := range page.Items {
		posts[item.PostID] = true
	}
	return posts
}

// titlesNow returns what posts are called.
func titlesNow(t *testing.T, addr string, ids ...string) (titles map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/v1/posts?"+url.Values{"ids": {strings.Join(ids, ",")}}.Encode(), nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	var posts struct {
		Items []struct {
			PostID  string `json:"post_id"`
			Caption string `json:"caption"`
		} `json:"items"`
	}
	require.NoError(t, json.NewDecoder(res.Body).Decode(&posts))
	titles = map[string]string{}
	for _, p := range posts.Items {
		titles[p.PostID] = p.Caption
	}
	return titles
}

// What the database says reaches the tables and what is trending, from topics that are not ours: with partitions of
// their own, keys of their own, and truncates in one of them.
func TestDatabase_reaches_tables_and_trending(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL = stack.Brokers(), stack.RegistryURL()
	cfg.Streams.Instance = "test"
	_, err := streams.Provision(t.Context(), cfg.Kafka.Brokers, []streams.TopicSpec{{Name: "cdc.posts", Partitions: 3, Replication: 1}})
	require.NoError(t, err)
	var groups []string
	for _, e := range topology.Entities() {
		groups = append(groups, string(e.Reader), string(e.Keeper))
	}
	a, err := Build(t.Context(), cfg, []Role{Processors, API}, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
		Options{Groups: append(groups, string(topology.Dedup), string(topology.Scores))})
	require.NoError(t, err)
	runToTheEnd(t, a)
	db := newDatabase(t, cfg.Kafka.Brokers)
	post := func(author, status string) map[string]any {
		return map[string]any{"user_id": author, "status": status, "caption": "by " + author}
	}
	shown := func(want ...string) {
		t.Helper()
		all := map[string]bool{}
		for _, post := range want {
			all[post] = true
		}
		require.Eventually(t, func() bool { return fmt.Sprint(trendingNow(t, a.Addr())) == fmt.Sprint(all) }, 20*time.Second, 50*time.Millisecond,
			"%v, not %v", want, trendingNow(t, a.Addr()))
	}

	for _, p := range []string{"draft", "theirs", "ours", "unknown"} {
		db.view(p)
	}
	shown("draft", "theirs", "ours", "unknown")
	db.write("posts", "draft", post("a", "draft"))
	db.write("posts", "theirs", post("b", "published"))
	db.write("posts", "ours", post("a", "published"))
	db.write("users", "a", map[string]any{"deleted_at": nil})
	db.write("users", "b", map[string]any{"deleted_at": "2026-01-02T09:30:00.000000Z"})
	shown("ours", "unknown")
	require.Equal(t, map[string]string{"ours": "by a"}, titlesNow(t, a.Addr(), "draft", "theirs", "ours", "unknown"))
	db.write("posts", "draft", post("a", "published"))
	db.write("posts", "ours", nil)
	shown("draft", "unknown")

	for n := range 50 {
		db.write("posts", fmt.Sprintf("post-%d", n), post("a", "published"))
	}
	db.write("posts", "", nil)
	db.write("posts", "draft", post("a", "published"))
	db.view("post-7")
	shown("draft", "unknown")
	deleted := func() (marks, live int) {
		rows := postRows(t, cfg.Kafka.Brokers)
		for name, row := range rows {
			switch {
			case name.name == schemas.TruncatedRow:
				marks++
			case !row.Deleted:
				live++
			}
		}
		return marks, live
	}
	require.Eventually(t, func() bool { marks, live := deleted(); return marks == int(cfg.Kafka.Partitions) && live == 1 }, 30*time.Second, 200*time.Millisecond,
		"each partition knows of it, and ticks have marked the rows below it")
}

// placed is a row's name and partition.
type placed struct {
	partition int32
	name      string
}

// postRows reads posts-table: each row must lie where its id says.
func postRows(t *testing.T, brokers []string) map[placed]*schemas.EntityRow {
	t.Helper()
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	client, err := kafka.Dial(brokers, "test")
	require.NoError(t, err)
	defer client.Close()
	parts, err := client.Partitions("posts-table")
	require.NoError(t, err)
	rows := map[placed]*schemas.EntityRow{}
	for _, p := range parts {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, "posts-table", p, func(m *sarama.ConsumerMessage) error {
			at := placed{m.Partition, string(m.Key)}
			if m.Value == nil {
				delete(rows, at)
				return nil
			}
			if at.name != schemas.TruncatedRow {
				require.Equal(t, m.Partition, murmur2.Partition(m.Key, int32(len(parts))))
			}
			row, err := codecs.EntityRows.Decode(m.Value)
			rows[at] = row.(*schemas.EntityRow)
			return err
		}))
	}
	return rows
}
