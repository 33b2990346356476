package api

import (
	"bytes"
	"io"

	"github.com/nova-social/nova-streams/internal/trending"
)

// byHand is an answer that writes itself, where reflection would be most of the cost of a read.
type byHand interface {
	// appendJSON writes what trending.Encode would.
	appendJSON(b []byte) []byte
}

// encode writes the answers of operations.
func encode(w io.Writer, v any) error {
	hand, ok := v.(byHand)
	if !ok {
		return trending.Encode(w, v)
	}
	body, _ := bodies.Get().(*bytes.Buffer)
	defer giveBack(body)
	body.Write(hand.appendJSON(body.AvailableBuffer()))
	_, err := w.Write(body.Bytes())
	return err //nolint:wrapcheck // a writer's error is its own
}
