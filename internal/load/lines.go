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
	return eachText(path, schemas.MaxEventValue+2, func(n int, text []byte) error {
		line := Line{Number: n}
		line.Event, line.Bad = schemas.DecodeEventJSON(text)
		return f(line)
	})
}

// eachText calls f for every line of the file at path that is not blank, with its number and at most most of its bytes.
func eachText(path string, most int, f func(number int, text []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening a file to load: %w", err)
	}
	defer file.Close()
	r, err := unpacked(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	for n := 1; ; n++ {
		text, err := readLine(r, most)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading %s, line %d: %w", path, n, err)
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if err := f(n, text); err != nil {
			return err
		}
	}
}

// unpacked knows gzip by its first bytes, whatever the name of the file. A byte order mark, as some tables are saved with, is
// no part of the text.
func unpacked(file io.Reader) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(file, 64<<10)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = bufio.NewReaderSize(z, 64<<10)
	}
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		_, _ = r.Discard(len(mark))
	}
	return r, nil
}

// readLine returns the next line without its end, io.EOF after the last. Of a longer line it keeps most bytes, enough
// for whoever reads it to refuse it.
func readLine(r *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if room := most - len(line); room > 0 {
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
