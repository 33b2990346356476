package debezium

// form is what a value means that its kind does not say.
type form int

const (
	asWritten form = iota
	date
	timeMillis
	timeMicros
	timeNanos
	timestampMillis
	timestampMicros
	timestampNanos
	zoned // text that ends in Z
	decimal
	variableDecimal
)

// forms are the logical types that change how a value is written down. All others (uuid, json, enum, bits, geometry, …)
// are as their kind is.
var forms = map[string]struct {
	form form
	kind kind
}{
	"io.debezium.time.Date":                   {date, intKind},
	"org.apache.kafka.connect.data.Date":      {date, intKind},
	"io.debezium.time.Time":                   {timeMillis, intKind},
	"org.apache.kafka.connect.data.Time":      {timeMillis, intKind},
	"io.debezium.time.MicroTime":              {timeMicros, intKind},
	"io.debezium.time.NanoTime":               {timeNanos, intKind},
	"io.debezium.time.Timestamp":              {timestampMillis, intKind},
	"org.apache.kafka.connect.data.Timestamp": {timestampMillis, intKind},
	"io.debezium.time.MicroTimestamp":         {timestampMicros, intKind},
	"io.debezium.time.NanoTimestamp":          {timestampNanos, intKind},
	"io.debezium.time.ZonedTimestamp":         {zoned, stringKind},
	"io.debezium.time.ZonedTime":              {zoned, stringKind},
	"org.apache.kafka.connect.data.Decimal":   {decimal, bytesKind},
	"io.debezium.data.VariableScaleDecimal":   {variableDecimal, structKind},
}

var unitsPerSecond = map[form]int64{
	timeMillis: 1e3, timeMicros: 1e6, timeNanos: 1e9,
	timestampMillis: 1e3, timestampMicros: 1e6, timestampNanos: 1e9,
}

// mean gives a shape the meaning of a logical type; scale is asked for where the type needs it.
func (s *shape) mean(logical string, scale func() (int, bool)) error {
	known, ok := forms[logical]
	if !ok {
		return nil
	}
	if s.kind != known.kind {
		return refuse(SchemaMismatch, "its schema has %s as another type", logical)
	}
	s.form = known.form
	switch s.form {
	case decimal:
		if s.scale, ok = scale(); !ok {
			return refuse(SchemaMismatch, "its schema has a decimal without a scale")
		}
	case variableDecimal:
		if !s.isVariableDecimal() {
			return refuse(SchemaMismatch, "its schema has %s without scale and value", logical)
		}
	default:
	}
	return nil
}
