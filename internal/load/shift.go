package load

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// shifted returns the JSON of an event with its time replaced by at (Unix ms); all other fields stay as written.
func shifted(event []byte, at int64) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(event, &fields); err != nil {
		return nil, fmt.Errorf("shifting an event: %w", err)
	}
	delete(fields, "ts")
	fields["event_time"] = strconv.AppendQuote(nil, time.UnixMilli(at).UTC().Format("2006-01-02T15:04:05.000Z"))
	return json.Marshal(fields)
}
