package streams

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// incarnation is a record of the epochs topic: the how-manieth topic of its name a topic is. The key is name and id, so
// compaction keeps one record for each.
type incarnation struct {
	Topic string
	ID    string
	Epoch int32
}

func (i incarnation) key() string { return i.Topic + "/" + i.ID }

// numberTopic returns the ordinal of the topic with that id among all topics of its name, 0 for the first, and writes
// it down if nobody has. Where two members write different things at once, the first record wins and the loser, who
// reads what there is after writing, tries the next number.
func numberTopic(ctx context.Context, cfg *Config, client *kgo.Client, topic, id string) (int32, error) {
	log := cfg.topic(cfg.EpochsTopic)
	for {
		known, err := incarnations(ctx, cfg, client, log, topic)
		if err != nil {
			return 0, err
		}
		if epoch, ok := known[id]; ok {
			return epoch, nil
		}
		i := incarnation{topic, id, int32(len(known))}
		value, err := json.Marshal(i)
		if err != nil {
			return 0, fmt.Errorf("encoding the epoch of %s: %w", topic, err)
		}
		rec := &kgo.Record{Topic: log, Partition: 0, Key: []byte(i.key()), Value: value}
		if err := client.ProduceSync(ctx, rec).FirstErr(); err != nil {
			return 0, fmt.Errorf("writing the epoch of %s: %w", topic, err)
		}
	}
}

// incarnations returns the epochs of all topics of that name, by id.
func incarnations(ctx context.Context, cfg *Config, client *kgo.Client, log, topic string) (map[string]int32, error) {
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("listing the end of %s: %w", log, err)
	}
	end, ok := ends.Lookup(log, 0)
	if !ok || end.Err != nil {
		return nil, fmt.Errorf("listing the end of %s: %w", log, end.Err)
	}
	known, taken := map[string]int32{}, map[int32]bool{}
	err = follow(ctx, cfg, log, 0, 0, end.Offset, func(recs []*kgo.Record, _ int64) error {
		for _, r := range recs {
			var i incarnation
			if err := json.Unmarshal(r.Value, &i); err != nil {
				return fmt.Errorf("reading %s at %d: %w", log, r.Offset, err)
			}
			if _, has := known[i.ID]; i.Topic == topic && !has && !taken[i.Epoch] {
				known[i.ID], taken[i.Epoch] = i.Epoch, true
			}
		}
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	return known, err
}
