package load

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nova-social/nova-streams/schemas"
)

// schemasFile lies beside the files of a recording in Avro, plain or gzip with .gz behind its name.
const schemasFile = "schemas.json"

// writerSchema is one of the schemas with which messages were written.
type writerSchema struct {
	Subject string `json:"subject"`
	ID      uint32 `json:"id"` // in the registry of then
	Schema  string `json:"schema"`
}

// writerSchemas are those of a directory, in the order of their versions.
type writerSchemas struct {
	list []writerSchema
	used map[uint32]bool   // ids that messages to be sent name
	now  map[uint32]uint32 // ids in the registry of today, by those of then; filled by register
}

// readSchemas reads the schemas of a directory; without a file there are none.
func readSchemas(dir string) (*writerSchemas, error) {
	s := &writerSchemas{used: map[uint32]bool{}, now: map[uint32]uint32{}}
	path := filepath.Join(dir, schemasFile)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		path += ".gz"
		file, err = os.Open(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening recorded schemas: %w", err)
	}
	defer file.Close()
	r, err := unpacked(file)
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(r); err == nil {
			err = json.Unmarshal(text, &s.list)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return s, nil
}

// frameSize is that of a zero byte and the id of a schema, big endian, before a value in Avro.
const frameSize = 5

// framed returns the id of the schema that data was written with, false if it is not in Avro.
func framed(data []byte) (id uint32, ok bool) {
	if len(data) < frameSize || data[0] != 0 {
		return 0, false
	}
	return binary.BigEndian.Uint32(data[1:frameSize]), true
}

// use notes that data is to be sent.
func (s *writerSchemas) use(data []byte) error {
	id, ok := framed(data)
	if !ok || s.used[id] {
		return nil
	}
	for _, known := range s.list {
		if known.ID == id {
			s.used[id] = true
			return nil
		}
	}
	return fmt.Errorf("it is written with schema %d, which no %s beside the file has", id, schemasFile)
}

// register makes the schemas in use known under their subjects, as name makes them of those of then.
func (s *writerSchemas) register(ctx context.Context, r schemas.Registrar, name func(string) string) error {
	for _, old := range s.list {
		if !s.used[old.ID] {
			continue
		}
		id, err := r.Register(ctx, name(old.Subject), old.Schema)
		if err != nil {
			return fmt.Errorf("registering %s: %w", name(old.Subject), err)
		}
		s.now[old.ID] = uint32(id) //nolint:gosec // an id has 32 bits in every frame
	}
	return nil
}

// translate puts today's id into data.
func (s *writerSchemas) translate(data []byte) {
	if id, ok := framed(data); ok {
		binary.BigEndian.PutUint32(data[1:frameSize], s.now[id])
	}
}
