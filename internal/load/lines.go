package load

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/nova-social/nova-streams/schemas"
)

// Line is one line of the file that is not blank: an event, or what is wrong with it.
type Line struct {
	Number int // from 1
	Event  *schemas.Event
	Bad    *schemas.Unreadable
}

// each calls f for every line of the file at path. The line's bytes are valid during the call only.
func each(path string, f func(Line) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening events: %w", err)
	}
	defer file.Close()
	r, err := unpacked(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	for n := 1; ; n++ {
		text, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s, line %d: %w", path, n, err)
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		line := Line{Number: n}
		line.Event, line.Bad = schemas.DecodeEventJSON(text)
		if err := f(line); err != nil {
			return err
		}
	}
}

// unpacked knows gzip by its first bytes, whatever the name of the file.
func unpacked(file io.Reader) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(file, 64<<10)
	if magic, _ := r.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return r, nil
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	return bufio.NewReaderSize(z, 64<<10), nil
}

// readLine returns the next line without its end, io.EOF after the last. Of a line that is longer than any event may be
// it keeps just enough for the decoder to refuse it.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := schemas.MaxEventValue + 2 - len(line); room > 0 {
			line = append(line, part[:min(len(part), room)]...)
		}
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
