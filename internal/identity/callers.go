package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/nova-social/nova-streams/api"
)

// Revocations are the rows of the application's table token_revocation. Under the jti of a token lies that it is revoked;
// under user: and a user's id, that all tokens of the user are that were issued up to then, as any clock may have said.
type Revocations interface {
	// Revoked returns since when there is a revocation under id, and false for none. The zero time stands for one that
	// does not say.
	Revoked(id string) (at time.Time, found bool)
	// Recovered reports whether the table has been read up to its end.
	Recovered() bool
}

// Callers tells who sent a token. Its methods may be called from several goroutines at once.
type Callers struct {
	cfg         Config
	now         func() time.Time
	revocations Revocations
	files       keyring
	source      *source // nil for none
	validator   *jwt.Validator
	signed      *lru.Cache[string, *token] // by text: those whose signature is good
	watches     watches
	metrics     *Metrics
}

var _ api.Callers = (*Callers)(nil)

// New reads the key files and prepares the rest; it connects to nothing. The configuration must be valid and have keys;
// now is the clock; metrics may be nil.
func New(cfg Config, revocations Revocations, now func() time.Time, metrics *Metrics, log *slog.Logger) (*Callers, error) {
	signed, err := lru.New[string, *token](maxSigned)
	if err != nil {
		return nil, fmt.Errorf("keeping signatures: %w", err)
	}
	c := &Callers{
		cfg: cfg, now: now, revocations: revocations, metrics: metrics, watches: newWatches(metrics), signed: signed,
		validator: jwt.NewValidator(
			jwt.WithIssuer(cfg.Issuer), jwt.WithAudience(cfg.Audience), jwt.WithLeeway(cfg.Leeway), jwt.WithTimeFunc(now),
			jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		),
	}
	var keys []key
	for _, path := range cfg.KeyFiles {
		read, err := readFile(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, read...)
	}
	if len(keys) > 0 {
		if _, err := checked(keys); err != nil {
			return nil, fmt.Errorf("reading identity.key_files: %w", err)
		}
		c.files = keyring{}.with(keys, now(), 0)
	}
	if cfg.JWKSURL != "" {
		c.source = newSource(cfg, now, metrics, log)
	}
	return c, nil
}

// Run keeps the keys fresh until ctx ends, and returns nil.
func (c *Callers) Run(ctx context.Context) error {
	if c.source == nil {
		<-ctx.Done()
		return nil
	}
	c.source.run(ctx)
	return nil
}

// Caller implements api.Callers.
func (c *Callers) Caller(ctx context.Context, text string) (api.Caller, error) {
	t, err := c.verify(ctx, text)
	if err == nil {
		err = c.revoked(t)
	}
	c.metrics.token(err)
	if err != nil {
		return api.Caller{}, err
	}
	return api.Caller{Subject: t.Subject, Role: t.Role}, nil
}

// Revoked implements api.Callers.
func (c *Callers) Revoked(text string) (ended <-chan struct{}, cancel func()) {
	t, err := c.verify(context.Background(), text)
	if err != nil {
		over := make(chan struct{})
		close(over)
		return over, func() {}
	}
	w := c.watches.add(t, t.Expires.time().Add(c.cfg.Leeway).Sub(c.now()))
	if errors.Is(c.revoked(t), api.ErrRevoked) { // in between
		w.end()
	}
	return w.ended, func() { c.watches.remove(w) }
}

// Changed is to be called after a revocation has come, with its id: streams of tokens that it concerns end.
func (c *Callers) Changed(id string) {
	for _, w := range c.watches.of(id) {
		if errors.Is(c.revoked(w.claims), api.ErrRevoked) {
			w.end()
		}
	}
}

// Tokens are kept so that their signatures need not be checked again, which is most of the cost of a token: those that came
// last. In memory one takes some three times its length.
const (
	maxSigned     = 10_000
	maxSignedText = 2 << 10 // bytes; longer ones are checked each time
)

// verify returns what a token claims, after checking signature, claims and times. Only the signature is not checked again
// for a text that has come before, and only as long as its kid stands for the same key.
func (c *Callers) verify(ctx context.Context, text string) (*claims, error) {
	t, before := c.signed.Get(text)
	if !before {
		var err error
		if t, err = parse(text); err != nil {
			return nil, err
		}
	}
	k, err := c.key(ctx, t.header.Kid)
	switch {
	case errors.Is(err, errNoKey):
		return nil, bad("no key has its kid")
	case err != nil:
		return nil, err
	case before && k.is(t.by):
	case k.method.Alg() != t.header.Alg:
		return nil, bad("its algorithm is not that of its key")
	case k.method.Verify(t.signed, t.signature, k.public) != nil:
		return nil, bad("its signature is not that of its key")
	default:
		signed := *t // the other is others' as well
		signed.by = k.public
		t, before = &signed, false
	}
	if err := c.validator.Validate(&t.claims); err != nil {
		return nil, asBad(err)
	}
	if err := t.claims.check(); err != nil {
		return nil, err
	}
	if !before && len(text) <= maxSignedText {
		c.signed.Add(text, t)
	}
	return &t.claims, nil
}

// key returns the key of a kid. A token without a kid is good where there is one key in all.
func (c *Callers) key(ctx context.Context, kid string) (key, error) {
	if c.source == nil || kid != "" {
		if k, ok := c.files.find(kid, c.now(), 0); ok {
			return k, nil
		}
	}
	if c.source == nil || kid == "" && len(c.files.keys) > 0 {
		return key{}, errNoKey
	}
	return c.source.find(ctx, kid)
}

// revoked fails with api.ErrRevoked for a token that is, and with api.ErrRevocationsAway as long as that is not known.
func (c *Callers) revoked(t *claims) error {
	if !c.revocations.Recovered() {
		return api.ErrRevocationsAway
	}
	if _, found := c.revocations.Revoked(t.ID); found {
		return api.ErrRevoked
	}
	if at, found := c.revocations.Revoked(userPrefix + t.Subject); found && (at.IsZero() || !t.IssuedAt.time().After(at.Add(c.cfg.Leeway))) {
		return fmt.Errorf("%w: all of its user's were", api.ErrRevoked)
	}
	return nil
}
