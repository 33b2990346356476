package schemas

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/twmb/avro"
)

// lookup returns the text of a writer's schema, or ErrSchemaNotFound; any other error is final.
type lookup func(id uint32) (string, error)

// Waits between two questions to a registry that cannot be reached.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 5 * time.Second
)

// waitFor asks r until it answers or ctx ends.
func waitFor(ctx context.Context, r Registrar) lookup {
	return func(id uint32) (string, error) {
		wait := backoff.NewExponentialBackOff()
		wait.InitialInterval, wait.MaxInterval = firstWait, maxWait
		text, err := backoff.Retry(ctx, func() (string, error) {
			text, err := r.Schema(ctx, int(id))
			if errors.Is(err, ErrSchemaNotFound) {
				return "", backoff.Permanent(err)
			}
			return text, err
		}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0))
		if err != nil {
			return "", fmt.Errorf("looking up schema %d: %w", id, err)
		}
		return text, nil
	}
}

// writers resolves what others wrote to one reader schema, by the id of the writer's schema.
type writers struct {
	reader *avro.Schema
	lookup lookup
	known  atomic.Pointer[map[uint32]writer] // replaced as a whole: read for every record, written once per id
	adding sync.Mutex
}

// writer is a schema others wrote with: resolved to ours, or the reason why it cannot be.
type writer struct {
	schema *avro.Schema // nil if it cannot be read
	reason Reason
	detail string
}

func newWriters(reader *avro.Schema, id uint32, lookup lookup) *writers {
	w := &writers{reader: reader, lookup: lookup}
	w.known.Store(&map[uint32]writer{id: {schema: reader}})
	return w
}

// get returns the writer of that id. An unknown id is asked for each time, since it may be registered later.
func (w *writers) get(id uint32) (writer, error) {
	if known, ok := (*w.known.Load())[id]; ok {
		return known, nil
	}
	if id > maxSchemaID { // a registry may not even understand the question
		return writer{reason: ReasonUnknownSchema, detail: fmt.Sprintf("schema %d is beyond all ids", id)}, nil
	}
	text, err := w.lookup(id)
	if errors.Is(err, ErrSchemaNotFound) {
		return writer{reason: ReasonUnknownSchema, detail: fmt.Sprintf("schema %d is not in the registry", id)}, nil
	}
	if err != nil {
		return writer{}, err
	}
	added := w.resolve(id, text)
	w.adding.Lock()
	defer w.adding.Unlock()
	known := maps.Clone(*w.known.Load())
	known[id] = added
	w.known.Store(&known)
	return added, nil
}

// resolve says how to read what was written with the schema text.
func (w *writers) resolve(id uint32, text string) writer {
	schema, err := avro.Parse(text)
	if err != nil {
		return writer{reason: ReasonUnknownSchema, detail: fmt.Sprintf("schema %d is not Avro: %v", id, err)}
	}
	resolved, err := avro.Resolve(schema, w.reader)
	if err == nil {
		return writer{schema: resolved}
	}
	reason := ReasonWrongType
	var incompatible *avro.CompatibilityError
	if errors.As(err, &incompatible) && incompatible.WriterType == "" { // the writer has nothing where we need something
		reason = ReasonMissingField
	}
	return writer{reason: reason, detail: fmt.Sprintf("schema %d: %v", id, err)}
}
