package debezium

import (
	"crypto/md5" //nolint:gosec // it is how Java makes a UUID of a name
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// placeholders are the texts that stand for an untouched value, by the type of the column.
type placeholders struct {
	texts   map[string]bool
	longest int // of texts, bytes: most values are told by their length alone
}

func newPlaceholders(placeholder []byte) placeholders {
	text := quote(string(placeholder))
	var id uuid.UUID = md5.Sum(placeholder) //nolint:gosec // see the import
	id[6], id[8] = id[6]&0x0f|0x30, id[8]&0x3f|0x80
	codes, floats := make([]string, len(placeholder)), make([]string, len(placeholder))
	for i, b := range placeholder {
		codes[i] = strconv.Itoa(int(int8(b))) //nolint:gosec // bytes are signed in Java
		floats[i] = codes[i] + ".0"
	}
	p := placeholders{texts: map[string]bool{}}
	for _, shape := range []string{
		text, // text, json and what else is text
		quote(base64.StdEncoding.EncodeToString(placeholder)), // bytea, and as text by binary.handling.mode
		quote(base64.URLEncoding.EncodeToString(placeholder)),
		quote(hex.EncodeToString(placeholder)),
		"[" + text + "]",                      // text[]
		"[" + strings.Join(codes, ",") + "]",  // int[], bigint[]
		"[" + strings.Join(floats, ",") + "]", // float[] in JSON without schema
		"[" + quote(id.String()) + "]",        // uuid[]
		"{" + text + ":" + text + "}",         // hstore
		quote("{" + text + ":" + text + "}"),  // hstore as JSON text
	} {
		p.texts[shape] = true
		p.longest = max(p.longest, len(shape))
	}
	return p
}

// take removes from row the columns whose values were not touched, and returns their names in order.
func (p *placeholders) take(row Columns) []string {
	var names []string
	for name, text := range row {
		if len(text) <= p.longest && p.texts[text] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		delete(row, name)
	}
	return names
}

// only returns of row the columns that key has, nil if there are none.
func only(row, key Columns) Columns {
	var kept Columns
	for name, text := range row {
		if _, in := key[name]; in {
			if kept == nil {
				kept = make(Columns, len(key))
			}
			kept[name] = text
		}
	}
	return kept
}
