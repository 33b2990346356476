package app

import (
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// newCallers adds to the program what tells who sent a token; nil where no keys are configured.
func (a *App) newCallers(rows schemas.RowCodec) (api.Callers, error) {
	if !a.cfg.Identity.HasKeys() {
		a.log.Warn("no keys of tokens are configured: whatever needs a token is refused", "settings", "identity.jwks_url, identity.key_files")
		return nil, nil //nolint:nilnil // api takes it so
	}
	view, err := a.newEntityView(topology.RevocationsTable, rows)
	if err != nil {
		return nil, err
	}
	revoked := revocations{view, func() time.Time { return a.watermark.Until(string(topology.RevocationsTable)) }, a.cfg.Identity.MaxStale}
	callers, err := identity.New(a.cfg.Identity, revoked, time.Now, identity.NewMetrics(a.metrics), a.log)
	if err != nil {
		return nil, err
	}
	view.listen(func(id string, _ *schemas.EntityRow) { callers.Changed(id) })
	a.here.revocations.Store(&revoked)
	a.add("keys of tokens", callers.Run)
	return callers, nil
}

// revocations is a view of the application's table token_revocation, which may be no staler than keys.
type revocations struct {
	*entityView
	until    func() time.Time // its watermark
	maxStale time.Duration
}

// Recovered implements identity.Revocations.
func (r revocations) Recovered() bool {
	return time.Since(r.until()) < r.maxStale && r.entityView.Recovered()
}

var _ identity.Revocations = revocations{}

// Revoked implements identity.Revocations. A time that cannot be read is as good as none: it is safer to revoke too much.
func (r revocations) Revoked(id string) (at time.Time, found bool) {
	row := r.row(id)
	if row == nil || row.Deleted {
		return time.Time{}, false
	}
	value, _ := row.Columns.Get("revoked_at")
	if ms, ok := schemas.ColumnTime(value); ok {
		at = time.UnixMilli(ms)
	}
	return at, true
}
