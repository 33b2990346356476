package feed

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/nova-social/nova-streams/internal/cache"
)

// snapshots keeps orders while they are paged: in Redis for all processes, and the latest in this one for when Redis is away.
type snapshots struct {
	redis   *cache.Snapshots
	ttl     time.Duration
	now     func() time.Time
	kept    *lru.Cache[string, *keptOrder]
	pack    *zstd.Encoder
	unpack  *zstd.Decoder
	metrics *Metrics
}

// keptOrder is an order that is not changed, and when it was last asked for.
type keptOrder struct {
	*order
	used time.Time
}

// maxSnapshot bounds what is unpacked, bytes.
const maxSnapshot = 8 << 20

func newSnapshots(cfg Config, d Deps) (*snapshots, error) {
	kept, err := lru.New[string, *keptOrder](cfg.Snapshots)
	if err != nil {
		return nil, fmt.Errorf("keeping snapshots: %w", err)
	}
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("compressing snapshots: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxSnapshot))
	if err != nil {
		return nil, fmt.Errorf("compressing snapshots: %w", err)
	}
	return &snapshots{d.Snapshots, cfg.SnapshotTTL, d.Now, kept, pack, unpack, d.Metrics}, nil
}

// put keeps an order, and reports whether other processes find it: Redis away, it is kept here only.
func (s *snapshots) put(ctx context.Context, readerID string, id uint64, o *order) (shared bool) {
	name := fmt.Sprintf("%016x", id)
	s.kept.Add(cache.SnapshotKey(readerID, name), &keptOrder{o, s.now()})
	err := s.redis.Put(ctx, readerID, name, s.pack.EncodeAll((&page{order: *o}).encode(), nil))
	s.metrics.asked(ofSnapshots, err)
	return err == nil
}

// get returns an order, and has it kept on. It fails with ErrCursorExpired.
func (s *snapshots) get(ctx context.Context, readerID string, id uint64) (*order, error) {
	name := fmt.Sprintf("%016x", id)
	key := cache.SnapshotKey(readerID, name)
	packed, err := s.redis.Get(ctx, readerID, name)
	s.metrics.asked(ofSnapshots, err)
	if err == nil && packed != nil {
		if o := s.decode(packed); o != nil {
			s.kept.Add(key, &keptOrder{o, s.now()})
			return o, nil
		}
	}
	if k, found := s.kept.Get(key); found && s.now().Sub(k.used) < s.ttl {
		s.kept.Add(key, &keptOrder{k.order, s.now()})
		return k.order, nil
	}
	return nil, ErrCursorExpired
}

// decode returns what put has written, nil for anything else.
func (s *snapshots) decode(packed []byte) *order {
	text, err := s.unpack.DecodeAll(packed, nil)
	if err != nil {
		return nil
	}
	p := decodePage(text)
	if p == nil {
		return nil
	}
	return &p.order
}
