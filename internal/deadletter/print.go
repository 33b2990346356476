package deadletter

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Line is a letter in one line: the record it is about, when the broker got that, who refused it and why.
func Line(l Letter) string {
	return fmt.Sprintf("%-24s %s  %-16s %-14s %s", l.About(), utc(l.AppendTime), l.Stage, l.Reason, plain(l.Detail))
}

// Print writes everything a letter says.
func Print(w io.Writer, l Letter) error {
	size := fmt.Sprintf("%d bytes", l.ValueSize)
	switch {
	case l.ValueSize < 0:
		size = "null"
	case l.Truncated:
		size += fmt.Sprintf(", the first %d kept", len(l.Value))
	}
	_, err := fmt.Fprintf(w, "about:    %s, appended %s\nletter:   %s\nstage:    %s\nreason:   %s\ndetail:   %s\norigin:   %s, epoch %d, partition %d, offset %d, output %d\nkey:      %s\nvalue:    %s\n%s",
		l.About(), utc(l.AppendTime), l.In, l.Stage, l.Reason, plain(l.Detail),
		l.Origin.Emitter, l.Origin.Epoch, l.Origin.Partition, l.Origin.Offset, l.Origin.N,
		printable(l.Key), size, body(l.Value))
	return err
}

func utc(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// plain keeps text on its line and from being obeyed by a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

func printable(b []byte) string {
	if isText(b) {
		return string(b)
	}
	return "0x" + hex.EncodeToString(b)
}

// body shows a value as it is where a terminal can show it, else as a hex dump.
func body(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case isText(b):
		return strings.TrimRight(string(b), "\n") + "\n"
	default:
		return hex.Dump(b)
	}
}

// isText reports whether b is UTF-8 that a terminal prints and does not obey.
func isText(b []byte) bool {
	return utf8.Valid(b) && strings.IndexFunc(string(b), func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }) < 0
}
