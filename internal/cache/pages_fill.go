package cache

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed pages_fill.lua
var fillText string

var fill = redis.NewScript(fillText)

// What became of a page, the first three as the script says it.
const (
	kept     = "kept"
	outdated = "outdated" // one of its parts has changed beyond what its maker had read
	lost     = "lost"     // Redis has lost what says so
	away     = "away"     // Redis did not answer
	once     = "once"     // it was not to be kept
)

// fill stores what was made of parts by a process that had read so far before it began, and says what became of it: kept, or
// outdated if one of the parts has changed beyond that, or may have: what changes had left behind before the generation began is
// gone. If it fails, Redis is away.
func (p *Pages) fill(ctx context.Context, key string, s stored, made Made, ttl time.Duration) (became string, err error) {
	for range 2 { // a generation may be over without anybody having noticed
		r, err := p.current(ctx)
		if err != nil {
			return away, err
		}
		g, err := p.generations.current(ctx, p.client, r, p.timeout)
		switch {
		case err != nil:
			return away, err
		case g == nil:
			return outdated, nil
		case !made.Read.includes(g.ends):
			p.generations.behind(g)
			return outdated, nil
		}
		became, err := p.fillIn(ctx, r, g, key, s, made, ttl)
		if err != nil {
			return away, err
		}
		if became != lost {
			return became, nil
		}
		p.generations.over(g)
	}
	return outdated, nil
}

// fillIn stores a page in a generation of a run, and says what became of it.
func (p *Pages) fillIn(ctx context.Context, r run, g *generation, key string, s stored, made Made, ttl time.Duration) (became string, err error) {
	s.Run = r.name
	body := s.encode()
	vector, err := json.Marshal(made.Read)
	if err != nil {
		return "", fmt.Errorf("encoding how far tables were read: %w", err)
	}
	keys := make([]string, 2, 2+2*len(made.Parts))
	keys[0], keys[1] = key, r.generation()
	for _, part := range made.Parts {
		keys = append(keys, r.index(part))
	}
	marked := r
	if p.cfg.IgnoreMarkers {
		marked.name = "never"
	}
	for _, part := range made.Parts {
		keys = append(keys, marked.marker(part))
	}
	became, err = fill.Run(ctx, p.client, keys, body, ttl.Milliseconds(), (p.cfg.TTL + 2*p.cfg.Jitter).Milliseconds(), vector, g.id).Text()
	if err != nil {
		return "", fmt.Errorf("storing a page: %w", err)
	}
	if became == kept {
		p.metrics.stored(len(body), len(made.Parts))
	}
	return became, nil
}
