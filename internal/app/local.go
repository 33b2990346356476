package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/nova-social/nova-streams/api"
)

// askPatience is how long a process may take to say how it stands itself.
const askPatience = time.Second

// AddLocal adds to st what only the process with the API at addr, host:port, knows of the partitions it has: how far
// their tables are read, and how many commits were accepted. An error says that nobody has answered there; st is as it
// was.
func AddLocal(ctx context.Context, st *api.Status, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, askPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/v1/status", http.NoBody)
	if err != nil {
		return fmt.Errorf("asking %s how it stands: %w", addr, err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking %s how it stands: %w", addr, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("asking %s how it stands: %s", addr, resp.Status)
	}
	var local api.Status
	if err := json.NewDecoder(resp.Body).Decode(&local); err != nil {
		return fmt.Errorf("asking %s how it stands: %w", addr, err)
	}
	type place struct {
		group     string
		partition int32
	}
	known := map[place]api.Partition{}
	for _, g := range local.Groups {
		for _, p := range g.Partitions {
			if p.Owner == g.Instance && p.State != "" {
				known[place{g.Group, p.Partition}] = p
			}
		}
	}
	for _, g := range st.Groups {
		for i := range g.Partitions {
			p := &g.Partitions[i]
			l := known[place{g.Group, p.Partition}]
			if l.Owner != p.Owner { // another process has it, or that one is of another cluster
				continue
			}
			p.State, p.Recovery, p.PauseSeconds, p.Table, p.Commits = l.State, l.Recovery, l.PauseSeconds, l.Table, l.Commits
		}
	}
	return nil
}
