package cache

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
)

// Keys writes values that are whole and lie under keys of their own, and gives leases. A write that fails may have been done.
type Keys struct {
	connection
	timeout time.Duration // for one answer of Redis
	holder  string
}

// NewKeys connects when it is first used.
func NewKeys(cfg Config) (*Keys, error) {
	connection, err := cfg.connect(writer)
	if err != nil {
		return nil, err
	}
	return &Keys{connection, cfg.Timeout, uuid.NewString()}, nil
}

// Set writes a value that lives for ttl.
func (k *Keys) Set(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if err := k.client.Set(ctx, key, value, ttl).Err(); err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}

// takeLease gives a lease to who asks first, and to who has it again. What is done stays done for all others.
var takeLease = redis.NewScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= 'done ' .. ARGV[1] then
  return holder
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]`)

// Take takes the lease of that name for a while if nobody else has it, and reports whether this Keys has it now. If not, done
// says whether what it is for is done.
func (k *Keys) Take(ctx context.Context, name string, life time.Duration) (mine, done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	holder, err := takeLease.Run(ctx, k.client, []string{name}, k.holder, life.Milliseconds()).Text()
	if err != nil {
		return false, false, fmt.Errorf("taking %s: %w", name, err)
	}
	return holder == k.holder, strings.HasPrefix(holder, "done "), nil
}

// Done notes for a while that what a lease is for is done, whoever has it.
func (k *Keys) Done(ctx context.Context, name string, life time.Duration) error {
	return k.Set(ctx, name, []byte("done "+k.holder), life)
}

// giveLeaseBack shortens the life of a lease that is still that of who asks.
var giveLeaseBack = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1`)

// GiveBack lets others have the lease of that name after a while, at once if that is 0. It does nothing to one that this Keys
// has no more.
func (k *Keys) GiveBack(ctx context.Context, name string, after time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if err := giveLeaseBack.Run(ctx, k.client, []string{name}, k.holder, after.Milliseconds()).Err(); err != nil {
		return fmt.Errorf("giving back %s: %w", name, err)
	}
	return nil
}
