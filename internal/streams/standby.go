package streams

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/tablestore"
)

// standby keeps the store of a partition up to date that another member owns.
type standby struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// standBy begins to follow the tables of all partitions that are not this member's.
func (se *session) standBy() {
	if !se.cfg.Standby || se.table == "" {
		return
	}
	for n := range se.facts.parts {
		if se.parts[n].Load() != nil || se.standbys[n] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(context.Background())
		s := &standby{cancel, make(chan struct{})}
		se.standbys[n] = s
		go func() {
			defer close(s.done)
			se.followAgain(ctx, n)
		}()
	}
}

// followAgain follows a table until ctx ends, however often that fails. It says so once.
func (se *session) followAgain(ctx context.Context, n int32) {
	for told := false; ; told = true {
		err := se.followTable(ctx, n)
		if err == nil || ctx.Err() != nil {
			return
		}
		if corrupt := errors.Is(err, tablestore.ErrCorrupt); corrupt || errors.Is(err, tablestore.ErrFull) {
			se.stage.keeper.spoil(n, corrupt)
		}
		if !told {
			se.cfg.Log.WarnContext(ctx, "standby ended; it is tried again and again, and the partition is read at the latest when it is taken over",
				"table", se.table, "partition", n, "every", se.cfg.BackoffMax, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(se.cfg.BackoffMax):
		}
	}
}

func (se *session) followTable(ctx context.Context, n int32) error {
	held, err := spans(ctx, se.admin, se.table)
	if err != nil {
		return err
	}
	log, err := spanAt(held, se.table, n)
	if err != nil {
		return err
	}
	tab, err := se.openTable(n, log)
	if err != nil {
		return err
	}
	defer se.stage.keeper.release(n)
	return follow(ctx, se.cfg, se.table, n, tab.next, -1, func(recs []*kgo.Record, next int64) error {
		se.tasks.metrics.recover(len(recs))
		return tab.recover(recs, next)
	})
}

// endStandby ends the follower of a partition and waits for it.
func (se *session) endStandby(n int32) {
	if s := se.standbys[n]; s != nil {
		s.cancel()
		<-s.done
		delete(se.standbys, n)
	}
}

func (se *session) endStandbys() {
	for n := range se.facts.parts {
		se.endStandby(n)
	}
}
