package e2e

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/envelope"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/topology"
)

// TestRevocation writes what the connector writes of token_revocation, and measures how long a revoked token is still taken.
// A stream that was opened with one ends.
func TestRevocation(t *testing.T) {
	s, issueAs := startWithTokens(t, app.Processors, app.API)
	s.ready()
	issue := func(user, id string) string { return issueAs(user, api.RoleUser, id) }
	require.Equal(t, http.StatusOK, s.as(""), "reading needs no token")
	require.Equal(t, http.StatusUnauthorized, s.as("x.y.z"), "a token that is sent must be good")

	stream := s.openStream(issue("u-stream", "t-stream"))
	revoke := s.revoker(topology.CdcRevocations)
	const each = 50
	var waits []time.Duration
	for n := range 2 * each {
		user, id := fmt.Sprint("u", n), fmt.Sprint("t", n)
		token, revoked := issue(user, id), id
		if n%2 == 0 { // all tokens of the user
			revoked = "user:" + user
		}
		require.Equal(t, http.StatusOK, s.as(token))
		at := time.Now()
		revoke(revoked, "c", at)
		require.Eventually(t, func() bool { return s.as(token) == http.StatusUnauthorized }, 10*time.Second, time.Millisecond)
		waits = append(waits, time.Since(at))
	}
	slices.Sort(waits)
	t.Logf("%d revocations: p50 %v, slowest %v", len(waits), waits[len(waits)/2], waits[len(waits)-1])
	require.Less(t, waits[len(waits)-1], time.Second)

	at := time.Now()
	revoke("t-stream", "c", at)
	select {
	case <-stream:
		t.Logf("the stream ended after %v", time.Since(at))
	case <-time.After(10 * time.Second):
		require.Fail(t, "the stream is still open")
	}

	again := issue("u-again", "t-again")
	revoke("t-again", "c", time.Now())
	require.Eventually(t, func() bool { return s.as(again) == http.StatusUnauthorized }, 10*time.Second, time.Millisecond)
	revoke("t-again", "d", time.Now())
	require.Eventually(t, func() bool { return s.as(again) == http.StatusOK }, 10*time.Second, time.Millisecond, "a revocation that is deleted is none")
}

// TestRevocations_that_cannot_be_read: behind a row that this program cannot read there may be the one of any token. None is
// taken, and the process says that it is not ready.
func TestRevocations_that_cannot_be_read(t *testing.T) {
	s, issueAs := startWithTokens(t, app.API)
	s.ready()
	token := issueAs("u", api.RoleUser, "t")
	require.Equal(t, http.StatusOK, s.as(token))
	p, err := sarama.NewSyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("newer"))
	require.NoError(t, err)
	_, _, err = p.SendMessage(&sarama.ProducerMessage{
		Topic: s.cfg.Kafka.Name(string(topology.RevocationsTable)), Key: sarama.StringEncoder("another"), Value: sarama.StringEncoder("of a version to come"),
	})
	require.NoError(t, err)
	require.NoError(t, p.Close())
	require.Eventually(t, func() bool { return s.as(token) == http.StatusServiceUnavailable }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusOK, s.as(""), "reading needs no token")
	var problem struct{ Type string }
	require.Equal(t, http.StatusServiceUnavailable, s.get("/health/ready", &problem))
}

// as reads the list with a token, without one if it is "", and returns the status.
func (s *system) as(token string) int {
	s.t.Helper()
	res := s.open(s.t.Context(), token, "/v1/trending")
	defer res.Body.Close()
	return res.StatusCode
}

func (s *system) open(ctx context.Context, token, path string) *http.Response {
	s.t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.app.Addr()+path, nil)
	require.NoError(s.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	return res
}

// openStream opens the stream with a token, waits for its first event, and returns a channel that is closed at its end.
func (s *system) openStream(token string) (ended <-chan struct{}) {
	s.t.Helper()
	res := s.open(s.t.Context(), token, "/v1/trending/stream") //nolint:bodyclose // closed below, at the stream's end
	require.Equal(s.t, http.StatusOK, res.StatusCode)
	begun, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "retry:") {
				close(begun)
			}
		}
	}()
	<-begun
	return over
}

// revoker returns a function that writes what the connector would of a row of token_revocation: created or deleted.
func (s *system) revoker(topic topology.Stream) func(jti, op string, at time.Time) {
	s.t.Helper()
	p, err := sarama.NewSyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("revoke"))
	require.NoError(s.t, err)
	s.t.Cleanup(func() { require.NoError(s.t, p.Close()) })
	lsn := int64(1000)
	return func(jti, op string, at time.Time) {
		lsn++
		c := envelope.Change{Table: "token_revocation", Key: map[string]string{"jti": jti}, Op: op, LSN: lsn, At: at}
		if op != "d" {
			c.Row = map[string]any{"jti": jti, "user_id": nil, "reason": "test", "revoked_at": envelope.Time(at.Add(time.Second)), "expires_at": nil}
		}
		key, value, err := c.Encode()
		require.NoError(s.t, err)
		_, _, err = p.SendMessage(&sarama.ProducerMessage{Topic: string(topic), Key: sarama.ByteEncoder(key), Value: sarama.ByteEncoder(value)})
		require.NoError(s.t, err)
	}
}
