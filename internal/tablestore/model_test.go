package tablestore

import (
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// model is what a store must do, in the simplest way: a map, the order of the writes, and an offset.
type model struct {
	rows  map[string]string
	order []string // keys, the longest untouched first
	next  int64
}

func newModel() *model { return &model{rows: map[string]string{}} }

func (m *model) apply(rows []Row, next int64) {
	for _, r := range rows {
		if i := slices.Index(m.order, r.Key); i >= 0 {
			m.order = slices.Delete(m.order, i, i+1)
		}
		delete(m.rows, r.Key)
		if r.Value != nil {
			m.rows[r.Key] = string(r.Value)
			m.order = append(m.order, r.Key)
		}
	}
	m.next = next
}

// require compares everything a store shows with the model.
func (m *model) require(t require.TestingT, s Store, expires bool) {
	require.Equal(t, m.next, s.Next())
	all := map[string]string{}
	require.NoError(t, s.Each(func(key string, value []byte) bool {
		require.NotContains(t, all, key)
		all[key] = string(value)
		return true
	}))
	require.Equal(t, m.rows, all)
	walked := map[string]string{}
	for at, first := (Place{}), true; first || at != (Place{}); first = false {
		var err error
		at, err = s.Walk(at, 2, func(key string, value []byte) {
			require.NotContains(t, walked, key)
			walked[key] = string(value)
		})
		require.NoError(t, err)
	}
	require.Equal(t, m.rows, walked)
	for key, want := range m.rows {
		value, ok, err := s.Get(key)
		require.NoError(t, err)
		require.True(t, ok, key)
		require.Equal(t, want, string(value))
	}
	var order []string
	require.NoError(t, s.Oldest(func(key string, value []byte) bool {
		require.Equal(t, m.rows[key], string(value))
		order = append(order, key)
		return true
	}))
	if expires {
		require.True(t, slices.Equal(m.order, order), "want %q, got %q", m.order, order)
	} else {
		require.Empty(t, order)
	}
}

// batches draws rows for Apply. Keys are few, so that they are written again; values are of all sizes up to max.
func batches(limit int) *rapid.Generator[[]Row] {
	row := rapid.Custom(func(t *rapid.T) Row {
		key := rapid.StringOfN(rapid.RuneFrom([]rune("abcdefgh")), 0, 3, -1).Draw(t, "key")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0, 1, 2:
			return Row{Key: key}
		case 3:
			return Row{Key: key, Value: make([]byte, rapid.IntRange(0, limit).Draw(t, "large"))}
		default:
			return Row{Key: key, Value: rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "value")}
		}
	})
	return rapid.SliceOfN(row, 0, 40)
}
