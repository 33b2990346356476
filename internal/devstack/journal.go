package devstack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
)

// change is one accepted request to the schema registry and its answer.
type change struct {
	Method string `json:"method"`
	URI    string `json:"uri"`
	Body   string `json:"body"`
	Answer string `json:"answer"`
}

// journal is a file of changes, one JSON object a line. A line without its newline was cut short by a crash, was never
// answered, and is cut off.
type journal struct {
	file *os.File
	// registered holds the registrations since the last deletion: clients repeat theirs at every start, and the repeats
	// change nothing.
	registered map[change]bool
}

// openJournal calls redo for each change in the file and makes it ready for more.
func openJournal(path string, redo func(change) error) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	j := &journal{file: file, registered: map[change]bool{}}
	if err := j.load(redo); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return j, nil
}

func (j *journal) load(redo func(change) error) error {
	data, err := os.ReadFile(j.file.Name())
	if err != nil {
		return err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	for line := range bytes.Lines(whole) {
		var c change
		if err := json.Unmarshal(line, &c); err != nil {
			return fmt.Errorf("decoding %q: %w", line, err)
		}
		if err := redo(c); err != nil {
			return err
		}
		j.note(c)
	}
	return j.file.Truncate(int64(len(whole)))
}

// append writes c through to the disk.
func (j *journal) append(c change) error {
	if !j.note(c) {
		return nil
	}
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encoding a change: %w", err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing a change: %w", err)
	}
	return j.file.Sync()
}

// note reports whether c is more than a repeated registration.
func (j *journal) note(c change) bool {
	switch {
	case c.Method == http.MethodDelete:
		clear(j.registered)
	case c.Method == http.MethodPost && j.registered[c]:
		return false
	case c.Method == http.MethodPost:
		j.registered[c] = true
	}
	return true
}

func (j *journal) close() error { return j.file.Close() }
