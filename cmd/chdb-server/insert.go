package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// insert is an INSERT … FORMAT with its data. The engine takes data that follow a statement only up to the first empty
// line, so they go into a file and the statement says FROM INFILE.
type insert struct {
	before []byte // INSERT INTO table (columns)
	after  []byte // SETTINGS … FORMAT name
	data   []byte
}

// splitInsert recognises an insert with data in a named format. All else, INSERT … VALUES and SELECT too, is not one.
func splitInsert(sql []byte) (insert, bool) {
	words := scanner{rest: sql, sql: sql}
	if word, _ := words.next(); word != "INSERT" {
		return insert{}, false
	}
	settings := -1 // where the settings start
	for {
		word, at := words.next()
		switch word {
		case "", "VALUES", "SELECT", "WITH", "FROM":
			return insert{}, false
		case "SETTINGS":
			settings = at
		case "FORMAT":
			name, _ := words.next()
			if name == "" || name == "VALUES" {
				return insert{}, false
			}
			split := at
			if settings >= 0 {
				split = settings
			}
			end := len(sql) - len(words.rest)
			return insert{sql[:split], sql[split:end], dataAfter(words.rest)}, true
		}
	}
}

// dataAfter returns the data that follow a format's name: they start after the first newline, if only blanks come before
// it, else after the blanks.
func dataAfter(rest []byte) []byte {
	rest = bytes.TrimLeft(rest, " \t\f")
	rest = bytes.TrimPrefix(rest, []byte("\r"))
	return bytes.TrimPrefix(rest, []byte("\n"))
}

// fromFile writes the data to a file in dir and returns the statement that inserts it, and what removes the file.
func (i insert) fromFile(dir string) (sql []byte, remove func(), err error) {
	file, err := os.CreateTemp(dir, "insert-")
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the data of an insert: %w", err)
	}
	remove = func() { _ = os.Remove(file.Name()) } // the directory is emptied at the next start
	_, err = file.Write(i.data)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("keeping the data of an insert: %w", err)
	}
	return fmt.Appendf(nil, "%s FROM INFILE '%s' %s", i.before, escaped.Replace(file.Name()), i.after), remove, nil
}

// scanner reads the words and semicolons of a statement that stand outside of quotes, comments and parentheses.
type scanner struct {
	sql, rest []byte
}

// next returns the next word in capitals and where it starts, "" at the end.
func (s *scanner) next() (word string, at int) {
	depth := 0
	for len(s.rest) > 0 {
		switch c := s.rest[0]; {
		case c == '\'' || c == '"' || c == '`':
			s.skipQuoted(c)
		case bytes.HasPrefix(s.rest, []byte("--")):
			s.skipPast("\n")
		case bytes.HasPrefix(s.rest, []byte("/*")):
			s.skipPast("*/")
		case c == '(':
			depth++
			s.rest = s.rest[1:]
		case c == ')':
			depth--
			s.rest = s.rest[1:]
		case c == ';' && depth == 0:
			s.rest = s.rest[1:]
			return ";", len(s.sql) - len(s.rest) - 1
		case !isWord(c):
			s.rest = s.rest[1:]
		default:
			at = len(s.sql) - len(s.rest)
			n := 1
			for n < len(s.rest) && isWord(s.rest[n]) {
				n++
			}
			word, s.rest = strings.ToUpper(string(s.rest[:n])), s.rest[n:]
			if depth == 0 {
				return word, at
			}
		}
	}
	return "", len(s.sql)
}

// skipQuoted skips a quoted text. A doubled quote inside it looks like the start of a second text: the same in effect.
func (s *scanner) skipQuoted(quote byte) {
	for i := 1; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '\\':
			i++
		case quote:
			s.rest = s.rest[i+1:]
			return
		}
	}
	s.rest = nil
}

func (s *scanner) skipPast(end string) {
	_, s.rest, _ = bytes.Cut(s.rest, []byte(end))
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}
