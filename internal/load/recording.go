package load

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/nova-social/nova-streams/schemas"
)

// Recording is files of recorded messages, of which each line is known to be one.
type Recording struct {
	Messages   int              // to be sent
	Partitions map[string]int32 // by topic: how many the messages lie in, counted from 0
	files      []string
	schemas    map[string]*writerSchemas // by directory
}

// LookRecorded reads the files and checks every line. topics are those of which messages are to be sent, nil for all.
func LookRecorded(files, topics []string) (*Recording, error) {
	r := &Recording{Partitions: map[string]int32{}, files: files, schemas: map[string]*writerSchemas{}}
	for _, path := range files {
		dir := filepath.Dir(path)
		if r.schemas[dir] == nil {
			found, err := readSchemas(dir)
			if err != nil {
				return nil, err
			}
			r.schemas[dir] = found
		}
		err := eachRecorded(path, func(_ int, m *recorded) error {
			if topics != nil && !slices.Contains(topics, m.Topic) {
				return nil
			}
			r.Messages++
			r.Partitions[m.Topic] = max(r.Partitions[m.Topic], m.Partition+1)
			if err := r.schemas[dir].use(m.Key); err != nil {
				return fmt.Errorf("key: %w", err)
			}
			if err := r.schemas[dir].use(m.Value); err != nil {
				return fmt.Errorf("value: %w", err)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	for _, topic := range topics {
		if r.Partitions[topic] == 0 {
			return nil, fmt.Errorf("no file has a message of topic %s", topic)
		}
	}
	return r, nil
}

// Avro reports whether the registry is needed.
func (r *Recording) Avro() bool {
	for _, s := range r.schemas {
		if len(s.used) > 0 {
			return true
		}
	}
	return false
}

// Register makes the schemas with which the messages were written known. name makes the name of a topic, or of a
// subject of one, in this cluster of the recorded one.
func (r *Recording) Register(ctx context.Context, to schemas.Registrar, name func(string) string) error {
	for _, s := range r.schemas {
		if err := s.register(ctx, to, name); err != nil {
			return err
		}
	}
	return nil
}
