package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"golang.org/x/time/rate"
)

// source fetches the keys of a provider.
type source struct {
	cfg     Config
	now     func() time.Time
	client  *http.Client
	metrics *Metrics
	log     *slog.Logger
	limit   *rate.Limiter // of fetches that tokens ask for

	mu     sync.Mutex
	ring   keyring
	last   error         // of the latest fetch
	flight chan struct{} // closed when the fetch under way ends; nil for none
}

func newSource(cfg Config, now func() time.Time, metrics *Metrics, log *slog.Logger) *source {
	return &source{
		cfg: cfg, now: now, metrics: metrics, log: log, limit: rate.NewLimiter(rate.Every(cfg.Refetch), 1),
		client: &http.Client{
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: cfg.Timeout, DisableKeepAlives: true},
			// whoever answers at the address may not send us elsewhere
			CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the address of keys must not redirect") },
		},
	}
}

// run keeps the keys fresh until ctx ends.
func (s *source) run(ctx context.Context) {
	retry := backoff.NewExponentialBackOff()
	retry.MaxInterval = s.cfg.Refresh
	for {
		wait := s.cfg.Refresh
		s.join(ctx, s.start(ctx))
		if err := s.failure(); err != nil {
			wait = min(wait, retry.NextBackOff())
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "fetching the keys of tokens", "err", err, "again_in", wait)
			}
		} else {
			retry.Reset()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// find returns the key of a kid. One that is not known is asked for, at most once per refetch, or together with whoever
// asks already. It fails with errKeysAway or errNoKey.
func (s *source) find(ctx context.Context, kid string) (key, error) {
	k, err := s.held(kid)
	if !errors.Is(err, errNoKey) || kid == "" {
		return k, err
	}
	s.mu.Lock()
	asked := s.flight
	s.mu.Unlock()
	if asked == nil && s.limit.AllowN(s.now(), 1) {
		asked = s.start(ctx)
	}
	if asked != nil {
		s.join(ctx, asked)
		k, err = s.held(kid)
	}
	if errors.Is(err, errNoKey) && s.failure() != nil { // it may be new
		return key{}, errKeysAway
	}
	return k, err
}

func (s *source) held(kid string) (key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if s.ring.stale(now, s.cfg.MaxStale) {
		return key{}, errKeysAway
	}
	k, ok := s.ring.find(kid, now, s.cfg.Overlap)
	if !ok {
		return key{}, errNoKey
	}
	return k, nil
}

func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// start begins a fetch, if none is under way, and returns a channel that is closed at its end. It outlives who asked for
// it: others may wait for it, too.
func (s *source) start(ctx context.Context) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight != nil {
		return s.flight
	}
	done := make(chan struct{})
	s.flight = done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.Timeout)
		defer cancel()
		keys, err := s.fetch(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.flight, s.last = nil, err; err == nil {
			s.ring = s.ring.with(keys, s.now(), s.cfg.Overlap)
		}
		s.metrics.fetch(err, len(s.ring.keys), s.ring.fetched)
	}()
	return done
}

// join waits for a fetch.
func (s *source) join(ctx context.Context, done chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}

func (s *source) fetch(ctx context.Context) ([]key, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.cfg.JWKSURL, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the address of keys answers %s", res.Status)
	}
	text, err := readBounded(res.Body)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	return readDocument(text)
}
