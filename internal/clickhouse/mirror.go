package clickhouse

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// mirror says what is special about the copy of a table of the application's database.
type mirror struct {
	sink  topology.Sink
	key   []string // columns of the primary key, which make the natural id
	texts []string // columns of text, uuid and the like
	times []string // columns of timestamptz
}

var mirrors = []mirror{
	{topology.MirrorOf("posts"), []string{"id"}, []string{"user_id", "caption", "content", "status"}, []string{"created_at", "updated_at"}},
	{topology.MirrorOf("users"), []string{"id"}, []string{"username", "display_name", "bio"}, []string{"created_at", "deleted_at"}},
	{topology.MirrorOf("comments"), []string{"id"}, []string{"post_id", "user_id", "content"}, []string{"created_at"}},
	{topology.MirrorOf("likes"), []string{"user_id", "post_id"}, nil, []string{"created_at"}},
	{topology.MirrorOf("follows"), []string{"follower_id", "followee_id"}, []string{"status"}, []string{"created_at"}},
}

// mirrored is a row of a mirror.
type mirrored struct {
	key       []string
	texts     []*string    // nil for NULL
	times     []*time.Time // likewise
	more      map[string]*string
	beyond    map[string]string // times that ClickHouse has not, as the database prints them
	unknown   []string          // columns whose values are not known
	deleted   bool
	version   *big.Int
	committed int64 // Unix ms
}

// mapping returns how the mirror is written.
func (m mirror) mapping() *Mapping {
	columns := make([]column, 0, 16)
	for i, name := range m.key {
		columns = append(columns, field(name, "String", func(r *mirrored) string { return r.key[i] }))
	}
	for i, name := range m.texts {
		columns = append(columns, field(name, "Nullable(String)", func(r *mirrored) *string { return r.texts[i] }))
	}
	for i, name := range m.times {
		columns = append(columns, field(name, "Nullable(DateTime64(6, 'UTC'))", func(r *mirrored) *time.Time { return r.times[i] }))
	}
	return &Mapping{
		Sink: m.sink,
		Codec: func(c *schemas.Codecs) goka.Codec {
			if m.sink.Table == "likes" { // no group keeps them
				return c.Changes
			}
			return c.EntityRows
		},
		Read:      m.read,
		Judge:     func(any) (*schemas.Unreadable, error) { return nil, nil }, //nolint:nilnil // what cannot be a row is none
		Origin:    func(any) schemas.Origin { return schemas.Origin{} },       // a repeat replaces
		Part:      func(any) string { return "all" },
		Replacing: true,
		More: func(record any) map[string]*string {
			r, _ := record.(*mirrored)
			return r.more
		},
		View:    m.view,
		columns: map[int32][]column{1: slices.Concat(columns, mirrorColumns, placeColumns[:3])},
		current: 1,
	}
}

// mirrorColumns say which of the rows of a key counts, and what its other columns do not say.
var mirrorColumns = []column{
	field("cdc_deleted", "Bool", func(r *mirrored) bool { return r.deleted }),
	field("cdc_version", "UInt128", func(r *mirrored) *big.Int { return r.version }),
	field("cdc_committed_at", "DateTime64(3, 'UTC')", func(r *mirrored) int64 { return r.committed }),
	field("cdc_unknown", "Array(String)", func(r *mirrored) []string { return r.unknown }),
	field("cdc_beyond", "Map(String, String)", func(r *mirrored) map[string]string { return r.beyond }),
}

// read makes a row of a record of a table's changelog, or of a change. What is deleted from the changelog was marked as
// deleted long before.
func (m mirror) read(codec goka.Codec, message *sarama.ConsumerMessage) (any, error) {
	if message.Value == nil {
		return nil, nil //nolint:nilnil // passed over
	}
	decoded, err := codec.Decode(message.Value)
	if err != nil {
		return nil, fmt.Errorf("reading a record of %s: %w", m.sink.Input, err)
	}
	id := string(message.Key)
	switch record := decoded.(type) {
	case *schemas.EntityRow:
		return m.row(id, &record.Row, message.Offset), nil
	case *schemas.Change:
		return m.row(id, &change.Row{Position: record.Position, Deleted: record.Op == schemas.ChangeDelete, CommitMS: record.CommitMS, Columns: record.Columns}, message.Offset), nil
	default:
		return decoded, nil
	}
}

// row returns what the mirror says of a row at an offset of the input, or why it cannot. A truncate is a row without a key,
// which the view for readers looks at.
func (m mirror) row(id string, r *change.Row, offset int64) any {
	row := &mirrored{
		deleted: r.Deleted, version: version(r.Position, offset), committed: r.CommitMS, unknown: r.Unknown(), more: map[string]*string{},
		beyond: map[string]string{}, texts: make([]*string, len(m.texts)), times: make([]*time.Time, len(m.times)),
	}
	if strings.HasPrefix(id, schemas.TruncatedRow) {
		row.key, row.deleted = make([]string, len(m.key)), true
		return row
	}
	parts, ok := schemas.NaturalParts(id, len(m.key))
	if !ok {
		return &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: fmt.Sprintf("key: %q is not the id of a row of %s", id, m.sink.Table)}
	}
	row.key = parts
	for _, c := range r.Columns {
		if slices.Contains(m.key, c.Name) {
			continue
		}
		if at := slices.Index(m.times, c.Name); at >= 0 {
			t, beyond, err := moment(c.Value)
			if err != nil {
				return &schemas.Unreadable{Reason: schemas.ReasonWrongType, Detail: fmt.Sprintf("%s: %v", c.Name, err)}
			}
			row.times[at] = t
			if beyond != "" {
				row.beyond[c.Name] = beyond
			}
			continue
		}
		value := textOrNull(c.Value)
		if at := slices.Index(m.texts, c.Name); at >= 0 {
			row.texts[at] = value
		} else {
			row.more[ownName(c.Name)] = value
		}
	}
	return row
}

// version orders rows of one key: by the position in the source, then by the offset in the mirror's input, as a value that
// was missing may come later. Of changes of one position but for their own places in the log that is the order, too.
func version(p change.Position, offset int64) *big.Int {
	v := big.NewInt(int64(p.Epoch))
	v.Lsh(v, 64).Add(v, big.NewInt(p.LSN))
	return v.Lsh(v, versionOffsetBits).Add(v, big.NewInt(offset&(1<<versionOffsetBits-1)))
}

// versionOffsetBits are the low bits of a version, for the offset.
const versionOffsetBits = 48

func textOrNull(value string) *string {
	text, ok := schemas.ColumnText(value)
	if !ok {
		return nil
	}
	return &text
}

// The times that ClickHouse has.
var (
	firstMoment = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	lastMoment  = time.Date(2299, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
)

// moment returns the time of a column; a time that ClickHouse has not is returned as text.
func moment(value string) (at *time.Time, beyond string, err error) {
	text, ok := schemas.ColumnText(value)
	if !ok {
		return nil, "", nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	switch {
	case err == nil && !t.Before(firstMoment) && !t.After(lastMoment):
		t = t.UTC()
		return &t, "", nil
	case err == nil, text == "infinity", text == "-infinity", len(text) > len("+20000-01-01") && strings.ContainsRune("+-", rune(text[0])):
		return nil, text, nil
	}
	return nil, "", fmt.Errorf("%q is not a time", text)
}

// ownName returns the name of a column in the mirror: what begins like one of the mirror's own gets another beginning.
func ownName(name string) string {
	for _, own := range []string{"cdc_", "kafka_", "pg_"} {
		if strings.HasPrefix(name, own) {
			return "pg_" + name
		}
	}
	return name
}

// view makes the view for readers: the rows there are, with the database's own columns.
func (m mirror) view(more []string) (columns []string, statement string) {
	columns = slices.Concat(m.key, m.texts, m.times, more)
	names := make([]string, len(columns))
	for i, name := range columns {
		names[i] = quoted(name)
	}
	source := fmt.Sprintf("bitShiftRight(cdc_version, %d)", versionOffsetBits)
	return columns, fmt.Sprintf(`CREATE OR REPLACE VIEW %[1]s_current AS SELECT %[2]s FROM %[1]s FINAL WHERE NOT cdc_deleted AND (bitAnd(%[3]s, 18446744073709551615) = 0 OR %[3]s >= (SELECT max(%[3]s) FROM %[1]s WHERE %[4]s = ''))`,
		m.sink.Table, strings.Join(names, ", "), source, quoted(m.key[0]))
}
