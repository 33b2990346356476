package streams

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/nova-social/nova-streams/internal/tablestore"
)

// keeper holds the stores of a group's table from session to session, so that a partition that stays, or comes back,
// reads only what it missed.
type keeper struct {
	cfg   *Config
	group string
	dir   string // "" for memory
	cache *tablestore.Cache

	mu    sync.Mutex
	parts map[int32]*kept
}

type kept struct {
	store    tablestore.Store
	identity string
	broken   bool  // to be opened again
	useless  error // why it is to be removed first, nil if it is not
	used     bool
	since    time.Time // when it was last used
}

func newKeeper(cfg *Config, group, dir string) *keeper {
	k := &keeper{cfg: cfg, group: group, dir: dir, parts: map[int32]*kept{}}
	if dir != "" {
		k.cache = tablestore.NewCache(cfg.DiskCache)
	}
	return k
}

// take returns the store of a partition: the one in the process, the one on disk, or an empty one. Identity names the
// changelog; a store of another changelog is emptied.
func (k *keeper) take(part int32, identity string, expires bool) (tablestore.Store, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.parts[part]; h != nil {
		if h.identity == identity && !h.broken {
			h.used = true
			return h.store, nil
		}
		if err := k.drop(part); err != nil {
			return nil, err
		}
	}
	store, err := k.open(part, identity, expires)
	if err != nil {
		return nil, err
	}
	k.parts[part] = &kept{store: store, identity: identity, used: true}
	return store, nil
}

func (k *keeper) open(part int32, identity string, expires bool) (tablestore.Store, error) {
	if k.dir == "" {
		return tablestore.NewMemory(), nil
	}
	dir := k.path(part)
	opts := tablestore.DiskOptions{Expires: expires, Cache: k.cache}
	if quota := k.cfg.Controls.DiskQuota; quota > 0 {
		opts.FS = tablestore.NewQuota(vfs.Default, quota)
	}
	store, err := tablestore.OpenDisk(dir, identity, opts)
	if errors.Is(err, tablestore.ErrCorrupt) {
		if err := k.discard(part, err); err != nil {
			return nil, err
		}
		store, err = tablestore.OpenDisk(dir, identity, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the table of %s/%d: %w", k.group, part, err)
	}
	return store, nil
}

// errAhead says that a table has read more than its changelog holds: it is of another log, or the log has lost its end.
var errAhead = errors.New("the table is ahead of its changelog")

// discard removes the files of a table that is of no use, which is then read anew.
func (k *keeper) discard(part int32, why error) error {
	dir := k.path(part)
	if errors.Is(why, tablestore.ErrCorrupt) {
		k.cfg.Metrics.corrupt(k.group)
	}
	k.cfg.Log.Error("table files are of no use; the table is read anew from its changelog", "group", k.group, "partition", part, "dir", dir, "err", why)
	if err := tablestore.Remove(dir); err != nil {
		return fmt.Errorf("removing the table of %s/%d: %w", k.group, part, err)
	}
	return nil
}

func (k *keeper) path(part int32) string { return filepath.Join(k.dir, strconv.Itoa(int(part))) }

// spoil has the store of a partition opened again when it is next asked for: after an error it is of no use. What is
// corrupt is removed first.
func (k *keeper) spoil(part int32, corrupt bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.parts[part]; h != nil {
		h.broken = true
		if corrupt {
			h.useless = tablestore.ErrCorrupt
		}
	}
}

// ahead has the store of a partition made anew that has read up to next, behind the end of its changelog.
func (k *keeper) ahead(part int32, next, end int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.parts[part]; h != nil {
		h.broken, h.useless = true, fmt.Errorf("%w: read up to %d, ends at %d", errAhead, next, end)
		if k.dir == "" {
			k.cfg.Log.Error("a table in memory is of no use; it is read anew from its changelog", "group", k.group, "partition", part, "err", h.useless)
		}
	}
}

// release says that nobody uses the store of a partition for now.
func (k *keeper) release(part int32) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if h := k.parts[part]; h != nil {
		h.used, h.since = false, time.Now()
	}
}

// sweep closes stores that nobody has used for long.
func (k *keeper) sweep(now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for part, h := range k.parts {
		if !h.used && now.Sub(h.since) > k.cfg.KeepTables {
			errs = append(errs, k.drop(part))
		}
	}
	return errors.Join(errs...)
}

// drop closes a store; one that is of no use is removed, too. The lock must be held.
func (k *keeper) drop(part int32) error {
	h := k.parts[part]
	delete(k.parts, part)
	err := h.store.Close()
	if h.broken { // that it could not be closed in order is no wonder
		err = nil
	}
	if h.useless != nil && k.dir != "" {
		return k.discard(part, h.useless)
	}
	if err != nil {
		return fmt.Errorf("closing the table of %s/%d: %w", k.group, part, err)
	}
	return nil
}

// close closes all stores and gives up the memory they share.
func (k *keeper) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	var errs []error
	for part := range k.parts {
		errs = append(errs, k.drop(part))
	}
	if k.cache != nil {
		k.cache.Close()
	}
	return errors.Join(errs...)
}
