package e2e

import (
	"encoding/binary"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// The registry is away while a real connector's records come whose tables have got other columns: groups that meet a
// schema they do not know wait, those that know theirs go on, nothing is refused, and no group begins anew. When the
// registry is back, tables are what PostgreSQL had in the end.
func TestRegistry_away_is_waited_out(t *testing.T) {
	const away = 5 * time.Second
	stack := startServers(t, "")
	records := debeziumtest.Records(t, "avro")
	known, rest := untilSchemasChange(records)
	registry := registryAt(t, stack.RegistryURL())
	known, rest = debeziumtest.Registered(t, registry, known), debeziumtest.Registered(t, registry, rest)
	p := startProxy(t, strings.TrimPrefix(stack.RegistryURL(), "http://"))
	s := startAs(t, stack, func(c *config.Config) {
		c.Registry.URL, c.CDC.Records.Full = "http://"+p.addr, debeziumtest.Full
		deliver(t, c, known)
	}, app.Roles...)
	before, all := s.drained(0), perTopic(records)

	p.make(breaks)
	deliver(t, &s.cfg, rest)
	time.Sleep(away)
	during := s.status()
	for end := time.Now().Add(30 * time.Second); during.Accounting[string(topology.CdcLikes)].In < all["cdc.likes"]; during = s.status() {
		require.Less(t, time.Now(), end, "a group that knows its schemas waits: %+v", during.Groups)
		time.Sleep(50 * time.Millisecond)
	}
	require.Positive(t, p.fired.Load(), "nobody asked")
	for _, group := range []string{"cdc-posts", "cdc-users"} {
		require.Less(t, during.Accounting[group].In, all[strings.Replace(group, "-", ".", 1)], "%s did not need the registry", group)
	}
	p.make(nil)

	st := s.drained(0)
	requireBalanced(t, st)
	for _, g := range st.Groups {
		require.Zero(t, g.Rebuilds, "%s: %s", g.Group, g.LastError)
		require.Zero(t, st.Accounting[g.Group].Dead, g.Group)
	}
	want := ends(t, "avro")
	for _, e := range topology.Entities() {
		require.Equal(t, all[string(e.Topic)], st.Accounting[string(e.Reader)].In, e.Table)
		if e.Keeper != "" {
			rows, _ := oracle.Table(t, &s.cfg, e)
			require.Equal(t, want[e.Table], renamed(e, rows), e.Table)
		}
	}
	t.Logf("cdc-posts: %d records known, %d by the end of the outage, %d in all; %d calls failed",
		before.Accounting["cdc-posts"].In, during.Accounting["cdc-posts"].In, st.Accounting["cdc-posts"].In, p.fired.Load())
}

// untilSchemasChange parts records in two: of each partition what comes before the first record with another schema than
// its topic had first, which has the lowest id, and the rest. Half of the likes, whose schema stays, are of the rest, too.
func untilSchemasChange(records []debezium.Record) (known, rest []debezium.Record) {
	type place struct {
		topic     string
		partition int32
	}
	first, likes, changed := map[string]uint32{}, 0, map[place]bool{}
	for _, r := range records {
		if id := schemaOf(r); id != 0 && (first[r.Topic] == 0 || id < first[r.Topic]) {
			first[r.Topic] = id
		}
	}
	for _, r := range records {
		at := place{r.Topic, r.Partition}
		if id := schemaOf(r); id != 0 && id != first[r.Topic] {
			changed[at] = true
		}
		if r.Topic == "cdc.likes" {
			likes++
			changed[at] = changed[at] || likes > 10
		}
		if changed[at] {
			rest = append(rest, r)
		} else {
			known = append(known, r)
		}
	}
	return known, rest
}

// schemaOf returns the id of the schema of a record's value, 0 for a tombstone.
func schemaOf(r debezium.Record) uint32 {
	if r.Value == nil {
		return 0
	}
	return binary.BigEndian.Uint32(r.Value[1:])
}

// status returns what the API says of groups now.
func (s *system) status() (st api.Status) {
	s.t.Helper()
	require.Equal(s.t, http.StatusOK, s.get("/v1/status", &st))
	return st
}
