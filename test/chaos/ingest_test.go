package chaos

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/ingest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/realkafka"
	"github.com/nova-social/nova-streams/topology"
)

// The broker is away while clients send 2,000 requests a second, or what a busy machine gets of that, at least half: every event that was accepted is in Kafka exactly once,
// and every other one was answered 503.
//
// An embedded broker is cut off for 6 s, after moments in which it writes and its answers are lost: a producer that is not
// idempotent writes those events again. A real one is killed for 20 s. AWAY=n sets the seconds, OPEN=n those before and after.
func TestIngest(t *testing.T) {
	skipShort(t)
	const perSecond = 2000
	def := int64(6)
	if realkafka.Wanted() {
		def = 20
	}
	away, open := time.Duration(envInt(t, "AWAY", def))*time.Second, time.Duration(envInt(t, "OPEN", 5))*time.Second

	cfg := config.Default()
	direct, via, leave, comeBack := awayBroker(t)
	cfg.Kafka.Brokers, cfg.Kafka.Partitions = direct, 4
	_, err := streams.Provision(t.Context(), direct, app.TopicSpecs(cfg.Kafka))
	require.NoError(t, err)
	url, client := serveIngest(t, cfg, via)
	require.Eventually(t, func() bool { return post(t, client, url, "warm-up") == http.StatusAccepted }, 30*time.Second, 50*time.Millisecond)

	answers := newAnswers()
	answers.took("warm-up", http.StatusAccepted)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begin := time.Now()
	var clients sync.WaitGroup
	clients.Go(func() {
		limit := rate.NewLimiter(perSecond, perSecond/5)
		for n := 0; limit.Wait(ctx) == nil; n++ {
			id := fmt.Sprint("e", n)
			clients.Go(func() { answers.took(id, post(t, client, url, id)) })
		}
	})
	time.Sleep(open)
	leave()
	time.Sleep(away)
	refused := answers.count(http.StatusServiceUnavailable)
	comeBack()
	time.Sleep(open)
	cancel()
	took := time.Since(begin)
	clients.Wait()

	accepted, unavailable := answers.count(http.StatusAccepted), answers.count(http.StatusServiceUnavailable)
	require.Equal(t, len(answers.of), accepted+unavailable, "there is no other answer")
	require.Positive(t, refused, "the broker was not away")
	wrong, late := 0, 0
	written := eventsIn(t, cfg.Kafka)
	for id, status := range answers.of {
		switch n := written[id]; {
		case status == http.StatusAccepted && n != 1, n > 1:
			wrong++
		case status != http.StatusAccepted && n == 1:
			late++
		}
		delete(written, id)
	}
	t.Logf("%d requests within %s (%.0f/s), away for %s: %d accepted, each once in Kafka but %d; %d got a 503, of which %d were written all the same",
		len(answers.of), took.Round(time.Millisecond), float64(len(answers.of))/took.Seconds(), away, accepted, wrong, unavailable, late)
	require.Zero(t, wrong, "events not exactly once in Kafka")
	require.Empty(t, written, "events nobody sent")
	require.GreaterOrEqual(t, float64(len(answers.of)), 0.5*perSecond*took.Seconds(), "too few requests to prove anything")
}

// awayBroker starts a broker that can leave and come back, and returns its addresses, those that producers have to use, and
// how it does.
func awayBroker(t *testing.T) (direct, via []string, leave, comeBack func()) {
	t.Helper()
	if realkafka.Wanted() {
		c := realkafka.Start(t, 1, realkafka.Dir(filepath.Join(t.TempDir(), "kafka")))
		return c.Brokers(), c.Brokers(), func() { c.Kill(0) }, func() { c.Restart(0) }
	}
	brokers := devstacktest.Start(t, devstacktest.Only(devstack.Kafka)).Brokers()
	l := newLink(t, brokers)
	return brokers, l.addrs, func() { l.loseAnswers(5) }, func() { l.set(linkOpen) }
}

// loseAnswers lets what is said arrive and loses the answers, so many times, and leaves the link cut.
func (l *link) loseAnswers(times int) {
	for n := range times {
		if n > 0 {
			time.Sleep(300 * time.Millisecond)
			l.set(linkOpen)
			time.Sleep(time.Second) // what has waited is said
		}
		l.set(linkDeaf)
		time.Sleep(200 * time.Millisecond)
		l.set(linkCut)
	}
}

// serveIngest serves the API to a service that may send any event, by HTTP/2: thousands of requests wait at a time.
func serveIngest(t *testing.T, cfg config.Config, brokers []string) (url string, client *http.Client) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	sender := ingest.New(cfg.Ingest, ingest.Target{Brokers: brokers, ClientID: "chaos", Topic: string(topology.Events)}, nil, log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sender.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })

	handler := api.New(api.Deps{
		Config: cfg.HTTP, Ingest: sender, Log: log,
		EventLimits: api.EventLimits{MaxEvents: cfg.Ingest.MaxEvents, MaxBytes: cfg.Ingest.MaxBytes, Ahead: cfg.Dedup.Ahead},
	})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(api.WithCaller(r.Context(), api.Caller{Subject: "chaos", Role: api.RoleService})))
	}))
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true)
	server.Config.Protocols, server.Config.HTTP2 = only, &http.HTTP2Config{MaxConcurrentStreams: 50_000}
	server.Start()
	t.Cleanup(server.Close)
	transport := &http.Transport{Protocols: only}
	t.Cleanup(transport.CloseIdleConnections)
	return server.URL + "/v1/events", &http.Client{Transport: transport}
}

// post sends one event and returns the status of the answer, 0 for none. An answer that is not what its status demands
// fails the test.
func post(t *testing.T, client *http.Client, url, id string) int {
	t.Helper()
	body := fmt.Appendf(nil, `{"event_id":%q,"ts":%d,"user_id":"u%.3s","post_id":"p","action":"view"}`, id, time.Now().UnixMilli(), id)
	r, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	switch {
	case err != nil:
		t.Error(err)
	case r.StatusCode == http.StatusAccepted && !bytes.Contains(text, []byte(`"accepted":1,`)),
		r.StatusCode == http.StatusServiceUnavailable && r.Header.Get("Retry-After") == "":
		t.Errorf("%d: %v %s", r.StatusCode, r.Header, text)
	}
	return r.StatusCode
}

// answers are the statuses that events got.
type answers struct {
	mu sync.Mutex
	of map[string]int
}

func newAnswers() *answers { return &answers{of: map[string]int{}} }

func (a *answers) took(id string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[id] = status
}

func (a *answers) count(status int) (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.of {
		if s == status {
			n++
		}
	}
	return n
}

// eventsIn returns how often each event is in the topic, once it has rested for longer than a request waits.
func eventsIn(t *testing.T, k config.Kafka) map[string]int {
	t.Helper()
	client, err := kafka.Dial(k.Brokers, "count")
	require.NoError(t, err)
	defer client.Close()
	var size int64
	for rested := 0; rested < 8; rested++ {
		_, now, err := kafka.Size(client, string(topology.Events))
		require.NoError(t, err)
		if now != size {
			size, rested = now, 0
		}
		time.Sleep(time.Second)
	}
	found := map[string]int{}
	for p := range k.Partitions {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, string(topology.Events), p, func(m *sarama.ConsumerMessage) error {
			e, bad := schemas.DecodeEventJSON(m.Value)
			require.Nil(t, bad)
			found[e.EventID]++
			return nil
		}))
	}
	return found
}
