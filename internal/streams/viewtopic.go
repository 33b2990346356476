package streams

import (
	"context"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/kafka"
)

// identify forgets all rows if the topic is another one than last time, and looks at it from time to time until ctx ends:
// if it was created anew it calls cancel, as offsets of the old one say nothing of the new one.
func (v *View) identify(ctx context.Context, cancel context.CancelCauseFunc) error {
	client, err := kafka.Dial(v.cfg.Brokers, v.cfg.ClientID)
	if err != nil {
		return err
	}
	id, err := kafka.TopicID(client, v.table)
	if err != nil {
		_ = client.Close()
		return err
	}
	if v.id != "" && v.id != id {
		v.cfg.Log.WarnContext(ctx, "a table was created anew: what was read of the old one is forgotten", "table", v.table)
		v.forget()
	}
	v.id = id
	v.gone.Store(false)
	go v.watch(ctx, client, id, cancel)
	return nil
}

// watch calls cancel if the topic is no more the one of that id. It closes the client in the end.
func (v *View) watch(ctx context.Context, client sarama.Client, id string, cancel context.CancelCauseFunc) {
	defer func() { _ = client.Close() }()
	tick := time.NewTicker(v.cfg.BackoffMax)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if now, err := kafka.TopicID(client, v.table); err == nil && now != id { // an error is no answer
				v.gone.Store(true)
				cancel(errTopicNew)
				return
			}
		}
	}
}

// forget empties the view and tells of each row that it is no more. Until the new table is read it is not recovered.
func (v *View) forget() {
	v.full.Store(false)
	v.mu.Lock()
	parts := v.parts
	v.parts = map[int32]*viewPart{}
	v.mu.Unlock()
	for _, p := range parts {
		if p.stuck.Load() {
			v.stuck.Add(-1)
		}
		p.mu.RLock()
		_ = p.rows.Each(func(key string, _ []byte) bool { // memory does not fail
			v.onUpdate(key, nil)
			return true
		})
		p.mu.RUnlock()
	}
}
