package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// indexLife is how much longer than a log the set lives that names it.
const indexLife = 7 * 24 * time.Hour

// Push puts a value in front of a log that is one of several under an index. The log keeps so many, and lives for ttl after
// its last one.
func (k *Keys) Push(ctx context.Context, index, name string, value []byte, keep int, ttl time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	key := index + ":" + name
	_, err := k.client.TxPipelined(ctx, func(p redis.Pipeliner) error {
		p.LPush(ctx, key, value)
		p.LTrim(ctx, key, 0, int64(keep)-1)
		p.PExpire(ctx, key, ttl)
		p.SAdd(ctx, index, name)
		p.PExpire(ctx, index, ttl+indexLife)
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}

// Logs returns the values of all logs under an index by name, each the newest first.
func (k *Keys) Logs(ctx context.Context, index string) (map[string][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	names, err := k.client.SMembers(ctx, index).Result()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", index, err)
	}
	logs := map[string][]string{}
	answers := make([]*redis.StringSliceCmd, len(names))
	_, err = k.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			answers[i] = p.LRange(ctx, index+":"+name, 0, -1)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the logs of %s: %w", index, err)
	}
	for i, name := range names {
		if values := answers[i].Val(); len(values) > 0 {
			logs[name] = values
		}
	}
	return logs, nil
}
