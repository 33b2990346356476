package schemas_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// registrar is a registry in memory: the same schema has the same id under every subject.
type registrar struct {
	mu       sync.Mutex
	texts    []string // by id - 1
	subjects []string // as registered
	lookups  int
	outage   error // what Schema fails with
	refusal  error // what Register fails with
}

func (r *registrar) Register(_ context.Context, subject, schema string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refusal != nil {
		return 0, r.refusal
	}
	r.subjects = append(r.subjects, subject)
	return r.add(schema), nil
}

func (r *registrar) add(schema string) int {
	for i, text := range r.texts {
		if text == schema {
			return i + 1
		}
	}
	r.texts = append(r.texts, schema)
	return len(r.texts)
}

func (r *registrar) Schema(_ context.Context, id int) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lookups++
	switch {
	case r.outage != nil:
		return "", r.outage
	case id < 1 || id > len(r.texts):
		return "", fmt.Errorf("schema %d: %w", id, schemas.ErrSchemaNotFound)
	}
	return r.texts[id-1], nil
}

func (r *registrar) setOutage(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outage = err
}

// newCodecs returns codecs on a fresh registrar.
func newCodecs(tb testing.TB) (*schemas.Codecs, *registrar) {
	tb.Helper()
	r := &registrar{}
	c, err := schemas.NewCodecs(tb.Context(), r)
	require.NoError(tb, err)
	return c, r
}

// decode returns what codec makes of data, which is never an error.
func decode(t require.TestingT, codec interface{ Decode([]byte) (any, error) }, data []byte) any {
	value, err := codec.Decode(data)
	require.NoError(t, err)
	return value
}

func encode(t require.TestingT, codec interface{ Encode(any) ([]byte, error) }, value any) []byte {
	data, err := codec.Encode(value)
	require.NoError(t, err)
	return data
}

// requireUnreadable checks the reason, and that the detail says which field and rule.
func requireUnreadable(t require.TestingT, got any, reason schemas.Reason, detail string, data []byte) {
	bad, ok := got.(*schemas.Unreadable)
	require.True(t, ok, "%T %+v", got, got)
	require.Equal(t, reason, bad.Reason, bad.Detail)
	require.Contains(t, bad.Detail, detail)
	require.Equal(t, data, bad.Value)
}
