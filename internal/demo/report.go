package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// client reads the demo's own API, as anybody else would.
type client struct{ base string }

type trendingList struct {
	Items []struct {
		PostID string      `json:"post_id"`
		Score  json.Number `json:"score"`
	} `json:"items"`
}

type status struct {
	Groups []struct {
		Lag int64 `json:"lag"`
	} `json:"groups"`
	Accounting map[string]schemas.Accounting `json:"accounting"`
}

// get reads one answer; an answer that is no success is an error.
func (c *client) get(ctx context.Context, path string, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// titles returns what the posts of a list are called, by id, as far as the database says.
func (c *client) titles(ctx context.Context, list trendingList) (map[string]string, error) {
	titles, ids := map[string]string{}, make([]string, len(list.Items))
	for i, item := range list.Items {
		ids[i] = item.PostID
	}
	var posts struct {
		Items []struct {
			PostID  string `json:"post_id"`
			Caption string `json:"caption"`
		} `json:"items"`
	}
	err := c.get(ctx, "/v1/posts?"+url.Values{"ids": {strings.Join(ids, ",")}}.Encode(), &posts)
	for _, p := range posts.Items {
		if p.Caption != "" {
			titles[p.PostID] = p.Caption
		}
	}
	return titles, err
}

// waitReady returns true when the API can answer, false when ctx ended before.
func (c *client) waitReady(ctx context.Context) bool {
	for c.get(ctx, "/health/ready", &struct{}{}) != nil {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
	return true
}

// welcome says where everything is and what to try.
func welcome(out io.Writer, stack *devstack.Stack, api, key, reader string, cfg Config, took time.Duration) {
	t := stack.Timings()
	rounded := func(d time.Duration) time.Duration { return d.Round(100 * time.Millisecond) }
	query := "SELECT event_type, count() FROM nova.post_events GROUP BY event_type FORMAT PrettyCompactMonoBlock"
	brokers := strings.Join(stack.Brokers(), ",")
	defaults := config.Default()
	brokersFlag := unless(strings.Join(defaults.Kafka.Brokers, ","), "--brokers", brokers)
	registryFlag := unless(defaults.Registry.URL, "--registry", stack.RegistryURL())
	fmt.Fprintf(out, `nova is running: ready after %v (download %v, build %v, start %v). Ctrl-C stops it.

  page        %s/
  API         %s/docs
  Kafka       %s
  registry    %s
  ClickHouse  http://%s
  Redis       %s
  data        %s

try
  curl '%s/v1/trending?limit=5'
  curl '%s/v1/status'
  curl 'http://%s/?query=%s'
  bin/nova dlq list%s%s
  bin/nova load events FILE.jsonl --shift-to-now%s
  TOKEN=$(bin/nova token issue --key '%s' --sub me)
  curl -H "Authorization: Bearer $TOKEN" --json '{"ts":'$(date +%%s000)',"user_id":"me","post_id":"p1","action":"like"}' %s/v1/events
`, rounded(took), rounded(t.Download), rounded(t.Build), rounded(took-t.Download-t.Build),
		api, api, brokers, stack.RegistryURL(), stack.ClickHouseAddr(), stack.RedisAddr(), stack.DataDir(),
		api, api, stack.ClickHouseAddr(), url.QueryEscape(query), brokersFlag, registryFlag, brokersFlag,
		key, api)
	if cfg.Sample {
		fmt.Fprintf(out, "  curl '%s/v1/users/%s/suggestions?limit=3'\n\n", api, reader)
		fmt.Fprintln(out, "Playing an hour of GitHub's public events with new ids, as if it happened now: half an hour at once, the rest in\nreal time; titles and authors of posts come through the application's database, as Debezium writes them.\nContent based on www.gharchive.org used under the CC-BY-4.0 license.")
	}
}

// unless returns a flag for a command line, or nothing where the default would do.
func unless(def, flag, value string) string {
	if value == def {
		return ""
	}
	return " " + flag + " " + value
}

// report writes a line on how it goes, every so often, until ctx ends.
func report(ctx context.Context, out io.Writer, c *client, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			var st status
			var top trendingList
			var titles map[string]string
			err := c.get(ctx, "/v1/status", &st)
			if err == nil {
				err = c.get(ctx, "/v1/trending?limit=3", &top)
			}
			if err == nil {
				titles, err = c.titles(ctx, top)
			}
			switch {
			case ctx.Err() != nil:
				return nil
			case err != nil:
				fmt.Fprintf(out, "%s  the API does not answer: %v\n", now.Format(time.TimeOnly), err)
			default:
				fmt.Fprintf(out, "%s  %s\n", now.Format(time.TimeOnly), line(st, top, titles))
			}
		}
	}
}

// line sums the state up: events read and dropped, what is still to do, the head of the list.
func line(st status, top trendingList, titles map[string]string) string {
	var lag, dead int64
	for _, g := range st.Groups {
		lag += g.Lag
	}
	for _, a := range st.Accounting {
		dead += a.Dead
	}
	in := st.Accounting[string(topology.Dedup)]
	parts := []string{fmt.Sprintf("%d events, %d of them repeats, %d dead letters, %d to do", in.In, in.Duplicate, dead, lag)}
	for i, item := range top.Items {
		parts = append(parts, fmt.Sprintf("%d. %s %s", i+1, cmp.Or(titles[item.PostID], item.PostID), item.Score))
	}
	return strings.Join(parts, " · ")
}
