package e2e

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/envelope"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/sample"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// TestReads brings the sample's database in as changes and compares profiles and lists, page by page, with its rows.
func TestReads(t *testing.T) {
	s := start(t, startServers(t, ""), app.Processors, app.API)
	s.ready()
	rows := s.seed()
	posts, following, followers := map[string][]entry{}, map[string][]entry{}, map[string][]entry{}
	for _, p := range rows["posts"] {
		posts[p["user_id"]] = append(posts[p["user_id"]], entry{p["id"], p["created_at"]})
	}
	for _, f := range rows["follows"] {
		following[f["follower_id"]] = append(following[f["follower_id"]], entry{f["followee_id"], f["created_at"]})
		followers[f["followee_id"]] = append(followers[f["followee_id"]], entry{f["follower_id"], f["created_at"]})
	}
	for _, u := range rows["users"][:100] {
		id := u["id"]
		var profile struct {
			Username                    string
			Posts, Following, Followers int
		}
		require.Equal(t, http.StatusOK, s.get("/v1/users/"+id, &profile))
		require.Equal(t, u["username"], profile.Username)
		require.Equal(t, []int{len(posts[id]), len(following[id]), len(followers[id])}, []int{profile.Posts, profile.Following, profile.Followers})
		for list, want := range map[string][]entry{"posts": posts[id], "following": following[id], "followers": followers[id]} {
			slices.SortFunc(want, func(a, b entry) int {
				return cmp.Or(s.instant(b.at).Compare(s.instant(a.at)), cmp.Compare(b.id, a.id))
			})
			var ids []string
			for _, e := range want {
				ids = append(ids, e.id)
			}
			require.Equal(t, ids, s.list("/v1/users/"+id+"/"+list), "%s of %s", list, id)
		}
	}
	s.requireHiding(rows["posts"][0]["id"])
	var missing struct{ Type string }
	require.Equal(t, http.StatusNotFound, s.get("/v1/users/nobody/followers", &missing))
	require.Equal(t, "urn:nova:problem:user-not-found", missing.Type)
}

// requireHiding has a post viewed and then made a draft: readers see its row and its counts, and then neither.
func (s *system) requireHiding(post string) {
	s.t.Helper()
	producer, err := sarama.NewSyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("hide"))
	require.NoError(s.t, err)
	defer producer.Close()
	send := func(topic string, key, value []byte) {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Key: sarama.ByteEncoder(key), Value: sarama.ByteEncoder(value)})
		require.NoError(s.t, err)
	}
	status := func(want int) {
		s.t.Helper()
		for _, path := range []string{"", "/stats", "/engagement"} {
			require.Eventually(s.t, func() bool { return s.get("/v1/posts/"+post+path, &struct{}{}) == want }, 20*time.Second, 20*time.Millisecond, path)
		}
	}
	now := time.Now()
	view := fmt.Appendf(nil, `{"ts":%d,"user_id":"u","post_id":%q,"action":"view"}`, now.UnixMilli(), post)
	event, bad := schemas.DecodeEventJSON(view)
	require.Nil(s.t, bad)
	send(string(topology.Events), []byte(event.Key()), view)
	status(http.StatusOK)
	key, value, err := envelope.Change{
		Table: "posts", Key: map[string]string{"id": post}, Op: "u", LSN: now.UnixMicro(), At: now,
		Row: map[string]any{"id": post, "user_id": "u", "status": "draft", "created_at": envelope.Time(now)},
	}.Encode()
	require.NoError(s.t, err)
	send("cdc.posts", key, value)
	status(http.StatusNotFound)
}

// entry is one of a list: whose id, and since when.
type entry struct{ id, at string }

// instant reads a time to the millisecond, to which lists are ordered.
func (s *system) instant(text string) time.Time {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(s.t, err)
	return at.Truncate(time.Millisecond)
}

// list reads the ids of a list in pages of seven.
func (s *system) list(path string) (ids []string) {
	s.t.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				PostID string `json:"post_id"`
				UserID string `json:"user_id"`
			}
			NextCursor string `json:"next_cursor"`
		}
		require.Equal(s.t, http.StatusOK, s.get(path+"?limit=7&cursor="+cursor, &page))
		for _, item := range page.Items {
			ids = append(ids, cmp.Or(item.PostID, item.UserID))
		}
		if cursor = page.NextCursor; cursor == "" {
			return ids
		}
	}
}

// seed brings in the rows of the sample's database, waits until the API has them, and returns their columns by table.
func (s *system) seed() map[string][]map[string]string {
	s.t.Helper()
	data, err := sample.Open()
	require.NoError(s.t, err)
	producer, err := sarama.NewAsyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("seed"))
	require.NoError(s.t, err)
	acked := make(chan struct{})
	go func() {
		defer close(acked)
		for range producer.Successes() {
		}
	}()
	rows := map[string][]map[string]string{}
	require.NoError(s.t, data.Database(func(r sample.Row) error {
		producer.Input() <- &sarama.ProducerMessage{Topic: "cdc." + r.Table, Key: sarama.ByteEncoder(r.Key), Value: sarama.ByteEncoder(r.Value)}
		var row struct{ After map[string]any }
		if err := json.Unmarshal(r.Value, &row); err != nil {
			return err
		}
		columns := map[string]string{}
		for name, value := range row.After {
			if text, ok := value.(string); ok {
				columns[name] = text
			}
		}
		rows[r.Table] = append(rows[r.Table], columns)
		return nil
	}))
	producer.AsyncClose()
	<-acked
	for err := range producer.Errors() {
		require.NoError(s.t, err)
	}
	for table, all := range rows {
		require.Eventually(s.t, func() bool { return s.metric("nova_timeline_"+table) == float64(len(all)) }, 60*time.Second, 20*time.Millisecond, table)
	}
	return rows
}
