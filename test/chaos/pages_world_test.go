package chaos

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/realkafka"
	"github.com/nova-social/nova-streams/test/realredis"
	"github.com/nova-social/nova-streams/topology"
)

// pagesWorld is a world in which readers have feeds.
type pagesWorld struct {
	*world
	social *social
	tables *tables
	redis  *realredis.Server
	client *redis.Client
	apis   map[string]string // addresses by worker
	others map[string]string // of appliers
	token  string
	given  atomic.Int64
	late   time.Duration // for which a page may say what the tables no longer say
}

func newPagesWorld(t *testing.T, change func(*job)) *pagesWorld {
	t.Helper()
	private, err := identity.GenerateKey("EdDSA")
	require.NoError(t, err)
	key := filepath.Join(t.TempDir(), "key")
	require.NoError(t, identity.WriteKey(private, key, key+".pub"))
	p := &pagesWorld{apis: map[string]string{}, others: map[string]string{}, late: time.Duration(envInt(t, "LATE", 1_000)) * time.Millisecond}
	if realkafka.Wanted() {
		t.Skip("is about Redis: beside the embedded broker only")
	}
	if !realredis.Found() {
		t.Skip("needs redis-server on the PATH: make chaos installs it")
	}
	p.redis = realredis.Start(t)
	w := newWorld(t, 1, "", func(j *job) {
		j.Redis, j.KeyFile = p.redis.Addr(), key+".pub"
		for _, g := range topology.InvalidationGroups(&schemas.Codecs{}) {
			j.Groups = append(j.Groups, string(g.Name))
		}
		for _, e := range topology.Entities() {
			if e.Keeper != "" {
				j.Groups = append(j.Groups, string(e.Reader), string(e.Keeper))
			}
		}
		j.Groups = append(j.Groups, string(topology.Dedup), string(topology.Reactions), string(topology.Scores))
		if change != nil {
			change(j)
		}
	})
	p.world = w
	cfg := w.job.config()
	p.token, err = identity.Issue(private, identity.Grant{
		Issuer: cfg.Identity.Issuer, Audience: cfg.Identity.Audience, Subject: "checker", Role: api.RoleService, ID: "checker", IssuedAt: time.Now(), TTL: time.Hour,
	})
	require.NoError(t, err)
	w.start("processors")
	for _, name := range []string{"api-1", "api-2"} {
		p.apis[name] = freeAddr(t)
		w.startAs(name, func(j *job) { j.Role, j.Addr = app.API, p.apis[name] })
	}
	p.startApplier("applier-1")
	p.startApplier("applier-2")
	for _, addr := range p.apis {
		require.Eventually(t, func() bool { return p.ask(addr, "/health/ready") == http.StatusOK }, 60*time.Second, 50*time.Millisecond)
	}
	p.tables = watchTables(t, &cfg)
	p.client = redis.NewClient(&redis.Options{Addr: p.redis.Addr(), MaxRetries: -1})
	t.Cleanup(func() { require.NoError(t, p.client.Close()) })
	p.social = newSocial(t, w.job.Brokers, w.rnd, pageUsers)
	p.settle()
	return p
}

// settle waits until what was said has been told to those who remove pages, users last.
func (p *pagesWorld) settle() {
	p.t.Helper()
	inputs := []streams.Input{
		{Group: string(topology.Dedup), Topic: string(topology.Events)},
		{Group: string(topology.Reactions), Topic: string(topology.ReactionInputs)},
		{Group: string(topology.Scores), Topic: string(topology.Engagements)},
	}
	for _, g := range topology.InvalidationGroups(&schemas.Codecs{}) {
		inputs = append(inputs, streams.Input{Group: string(g.Name), Topic: string(g.Input)})
	}
	for name := range p.others {
		inputs = append(inputs, streams.Input{Group: name, Topic: string(topology.CacheInvalidations)})
	}
	last := fmt.Sprint("settles", p.social.lsn)
	p.social.user(last, false)
	require.Eventually(p.t, func() bool {
		groups, err := p.inspector.Groups(p.t.Context(), inputs)
		return err == nil && p.tables.knows(last) && !slices.ContainsFunc(groups, func(g streams.GroupStatus) bool { return g.Lag() != 0 })
	}, 60*time.Second, 200*time.Millisecond)
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l := listenAnywhere(t)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).String()
}

func (p *pagesWorld) startApplier(name string) {
	if p.others[name] == "" {
		p.others[name] = freeAddr(p.t)
	}
	p.startAs(name, func(j *job) { j.Role, j.Groups, j.Addr = app.Applier, []string{name}, p.others[name] })
}

// ask asks an API as a service, and returns the status; 0 if nobody answers.
func (p *pagesWorld) ask(addr, path string) int {
	status, _ := p.get(addr, path)
	return status
}

// get does as ask does, and returns the answer as well.
func (p *pagesWorld) get(addr, path string) (status int, body string) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+addr+path, http.NoBody)
	if err != nil {
		return 0, ""
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, ""
	}
	return res.StatusCode, string(text)
}

// count reads a counter, which is not there before it has counted.
func (p *pagesWorld) count(addr, name string) int {
	p.t.Helper()
	n, err := strconv.Atoi(cmp.Or(metricAt(p.t, addr, name), "0"))
	require.NoError(p.t, err, name)
	return n
}

// lags says how many changes but those of scores, whose time is their event's, had led to a removal within how many seconds.
func (p *pagesWorld) lags() map[float64]float64 {
	upTo := map[float64]float64{}
	for _, addr := range p.others {
		for bucket, n := range histogramAt(p.t, addr, "cache_invalidation_lag_seconds", func(labels string) bool { return !strings.Contains(labels, `"score"`) }) {
			upTo[bucket] += n
		}
	}
	return upTo
}

// most returns the seconds within which 99 of 100 were: the upper bound of the bucket it falls in.
func most(upTo, before map[float64]float64) float64 {
	total := upTo[math.Inf(1)] - before[math.Inf(1)]
	for _, bucket := range slices.Sorted(maps.Keys(upTo)) {
		if upTo[bucket]-before[bucket] >= 0.99*total {
			return bucket
		}
	}
	return 0
}

// histogramAt adds up the buckets of a histogram's series.
func histogramAt(t *testing.T, addr, name string, of func(labels string) bool) map[float64]float64 {
	t.Helper()
	buckets := map[float64]float64{}
	for line := range strings.Lines(metricsAt(t, addr)) {
		labels, is := strings.CutPrefix(line, name+"_bucket{")
		if !is || !of(labels) {
			continue
		}
		_, rest, _ := strings.Cut(labels, `le="`)
		bound, count, _ := strings.Cut(rest, `"} `)
		le, err := strconv.ParseFloat(bound, 64)
		require.NoError(t, err)
		n, err := strconv.ParseFloat(strings.TrimSpace(count), 64)
		require.NoError(t, err)
		buckets[le] += n
	}
	return buckets
}
