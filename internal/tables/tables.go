// Package tables looks one row of a group's table up, straight from the table's topic, and takes a table away so that its
// group builds it anew.
//
// Get is asked by the key of a record. The row lies in that key's partition, under the name the group gives it: the key
// itself, or a shorter one (topology.Group.RowKey). The partition is read from its start to its end, so it needs no
// running processor and shows what a recovery would restore: of two records the one that has seen more input, whichever
// comes last, and no rows that a stage has not yet sent. It is for people, not for serving.
package tables

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Errors of a look-up.
var (
	ErrNoGroup = errors.New("tables: no group of this name keeps a table")
	ErrNoRow   = errors.New("tables: no row under this key")
)

// Found is a row and where it lies.
type Found struct {
	Topic     string           `json:"topic"`
	Partition int32            `json:"partition"`
	Offset    int64            `json:"offset"`
	Time      time.Time        `json:"time"` // when the broker appended it
	Last      schemas.Position `json:"last"` // the last record of the stage's input that is in it
	Row       schemas.Row      `json:"row"`
}

// Get returns the row of key in the table of the group of that name. prefix is put before the table's name.
func Get(ctx context.Context, client sarama.Client, prefix string, groups []topology.Group, group, key string) (*Found, error) {
	g, err := pick(groups, group)
	if err != nil {
		return nil, err
	}
	topic := prefix + g.Graph(nil).GroupTable().Topic()
	partitions, err := client.Partitions(topic)
	if err != nil {
		return nil, fmt.Errorf("asking for the partitions of %s: %w", topic, err)
	}
	partition := murmur2.Partition([]byte(key), int32(len(partitions)))
	name := key
	if g.RowKey != nil {
		name = g.RowKey(key)
	}
	var best *sarama.ConsumerMessage
	var most schemas.Position
	err = kafka.ReadPartition(ctx, client, topic, partition, func(m *sarama.ConsumerMessage) error {
		if !bytes.Equal(m.Key, []byte(name)) {
			return nil
		}
		at, err := seen(g.Rows, m)
		if err != nil {
			return fmt.Errorf("reading %s/%d/%d: %w", topic, partition, m.Offset, err)
		}
		if best == nil || best.Value == nil || at.Covers(most) {
			best, most = m, at
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if best == nil || best.Value == nil {
		return nil, fmt.Errorf("%w: %q in %s/%d", ErrNoRow, key, topic, partition)
	}
	decoded, err := g.Rows.Decode(best.Value)
	if err != nil {
		return nil, fmt.Errorf("decoding %s/%d/%d: %w", topic, partition, best.Offset, err)
	}
	row, ok := decoded.(schemas.Row)
	if !ok {
		return nil, fmt.Errorf("decoding %s/%d/%d: the codec gave %T", topic, partition, best.Offset, decoded)
	}
	return &Found{topic, partition, best.Offset, best.Timestamp.UTC(), row.Last(), row}, nil
}

// seen returns how much input the row in m has seen, or the row had that it deletes.
func seen(rows schemas.RowCodec, m *sarama.ConsumerMessage) (schemas.Position, error) {
	if m.Value != nil {
		return rows.Last(m.Value)
	}
	for _, h := range m.Headers {
		if string(h.Key) == schemas.TombstoneHeader {
			return schemas.TombstonePosition(h.Value)
		}
	}
	return schemas.Everything, nil
}

func pick(groups []topology.Group, name string) (topology.Group, error) {
	var names []string
	for _, g := range groups {
		if g.Stateless {
			continue
		}
		if string(g.Name) == name {
			return g, nil
		}
		names = append(names, string(g.Name))
	}
	return topology.Group{}, fmt.Errorf("%w: %q; there are %s", ErrNoGroup, name, strings.Join(names, ", "))
}
