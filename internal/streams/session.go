package streams

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// session is one generation of the group as seen by one member: its own producer, one task per claimed partition, and
// the goroutine that ticks them and marks what is durable.
type session struct {
	stage  *Stage
	group  sarama.ConsumerGroupSession
	client *kgo.Client
	tasks  map[int32]*task
	stop   chan struct{}
	done   chan struct{}
	end    sync.Once
}

// openSession reads how things stood at the committed offsets and prepares the tasks, before goka recovers tables.
func openSession(s *Stage, group sarama.ConsumerGroupSession) (*session, error) {
	client, err := newClient(&s.cfg)
	if err != nil {
		return nil, err
	}
	se := &session{stage: s, group: group, client: client, tasks: map[int32]*task{}, stop: make(chan struct{}), done: make(chan struct{})}
	parts := group.Claims()[s.input]
	if len(parts) > 0 {
		committed, err := fetchCheckpoints(group.Context(), client, s.name, s.input)
		if err != nil {
			client.Close()
			return nil, err
		}
		if err := checkInput(group.Context(), client, s.input, parts, committed); err != nil {
			client.Close()
			return nil, err
		}
		for _, p := range parts {
			var tab *table
			if s.rows != nil {
				tab = newTable(s.table, p, s.rows)
			}
			se.tasks[p] = newTask(s.name, p, committed[p], client, tab, s.outputs, s.cfg.MaxUnacked, s.cfg.Controls, s.fail)
			se.tasks[p].metrics = s.cfg.Metrics.task(s.name)
		}
	}
	go se.run()
	return se, nil
}

// fetchCheckpoints returns the committed offset and metadata of each partition of a group's input.
func fetchCheckpoints(ctx context.Context, client *kgo.Client, group, input string) (map[int32]checkpoint, error) {
	res, err := kadm.NewClient(client).FetchOffsets(ctx, group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // a group nobody has joined yet has committed nothing
		return nil, fmt.Errorf("fetching committed offsets of %s: %w", group, err)
	}
	cps := map[int32]checkpoint{}
	for p, o := range res[input] {
		if o.Err != nil {
			return nil, fmt.Errorf("fetching committed offset of %s for %s/%d: %w", group, input, p, o.Err)
		}
		if o.At < 0 {
			continue
		}
		meta, err := schemas.DecodeCommitMeta(o.Metadata)
		if err != nil {
			return nil, fmt.Errorf("reading commit metadata of %s for %s/%d: %w", group, input, p, err)
		}
		cps[p] = checkpoint{o.At, meta}
	}
	return cps, nil
}

// ErrInputLost says that the log no longer holds what a group still has to read: retention was shorter than the
// downtime, or the topic was made anew. Going on would skip records in silence.
var ErrInputLost = errors.New("streams: the input holds no record at the committed offset")

// checkInput compares the committed offsets with what the log holds.
func checkInput(ctx context.Context, client *kgo.Client, topic string, parts []int32, committed map[int32]checkpoint) error {
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("listing the start of %s: %w", topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return fmt.Errorf("listing the end of %s: %w", topic, err)
	}
	for _, p := range parts {
		at, has := committed[p]
		start, ok1 := starts.Lookup(topic, p)
		end, ok2 := ends.Lookup(topic, p)
		if !ok1 || !ok2 || start.Err != nil || end.Err != nil {
			return fmt.Errorf("listing the offsets of %s/%d: %w", topic, p, errors.Join(start.Err, end.Err))
		}
		if has && (at.next < start.Offset || at.next > end.Offset) {
			return fmt.Errorf("%w: %s/%d is committed at %d and holds %d to %d", ErrInputLost, topic, p, at.next, start.Offset, end.Offset)
		}
	}
	return nil
}

func (se *session) run() {
	defer close(se.done)
	tick := time.NewTicker(se.stage.cfg.Tick)
	defer tick.Stop()
	var marked time.Time
	for {
		select {
		case now := <-tick.C:
			for _, t := range se.tasks {
				t.tick()
			}
			if now.Sub(marked) >= se.stage.cfg.CommitInterval {
				marked = now
				for p, t := range se.tasks {
					se.mark(p, t.durable())
				}
			}
		case <-se.stop:
			return
		}
	}
}

// mark hands a durable checkpoint to sarama, which commits marks in the background and at the end of the session.
func (se *session) mark(part int32, at checkpoint) {
	if at.next == 0 {
		return
	}
	meta := at.meta.Encode()
	if len(meta) > schemas.MaxCommitMeta {
		se.stage.fail(fmt.Errorf("committing %s/%d: metadata of %d bytes exceeds the broker's %d", se.stage.input, part, len(meta), schemas.MaxCommitMeta))
		return
	}
	se.group.MarkOffset(se.stage.input, part, at.next, meta)
}

// close drains the tasks, marks what became durable and ends the producer. It runs after goka has stopped the partition
// goroutines and before sarama's last commit.
func (se *session) close() {
	se.end.Do(func() {
		close(se.stop)
		<-se.done
		deadline := time.Now().Add(se.stage.cfg.DrainTimeout)
		for _, t := range se.tasks {
			t.tick()
		}
		for p, t := range se.tasks {
			for !t.drained() && time.Now().Before(deadline) {
				time.Sleep(time.Millisecond)
			}
			se.mark(p, t.stop())
		}
		ctx, cancel := context.WithTimeout(context.Background(), se.stage.cfg.DrainTimeout)
		defer cancel()
		if err := se.client.AbortBufferedRecords(ctx); err != nil {
			se.stage.cfg.Log.Warn("aborting buffered records", "group", se.stage.name, "err", err)
		}
		se.client.Close()
	})
}
