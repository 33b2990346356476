package load

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
)

// maxFollowLine bounds a line, bytes: two ids of 256 in quotes, and some spaces.
const maxFollowLine = 600

// headers are first lines that name the columns, in any case.
var headers = [][2]string{{"follower", "followee"}, {"follower_id", "followee_id"}, {"user_a", "user_b"}}

// columnWords are what other files name their columns by. Which of the two follows is for a person to say, so a first line of
// such words is neither a header nor a follow.
var columnWords = []string{
	"id", "uid", "user", "username", "name", "account", "member", "person", "profile", "node", "vertex", "edge", "handle", "screen",
	"follow", "follows", "follower", "followers", "followee", "followees", "followed", "following", "friend", "friends", "fan", "idol",
	"source", "src", "target", "tgt", "trg", "destination", "dest", "dst", "from", "to", "start", "end", "head", "tail", "in", "out",
	"parent", "child", "subject", "object", "subscriber", "publisher", "creator", "actor", "other",
}

// pairs reads lines one by one: a quote that is never closed must not take in the rest of the file.
type pairs struct {
	line bytes.Buffer
	csv  *csv.Reader
}

func newPairs() *pairs {
	p := &pairs{}
	p.csv = csv.NewReader(&p.line)
	p.csv.FieldsPerRecord, p.csv.TrimLeadingSpace, p.csv.ReuseRecord = 2, true, true
	return p
}

// read returns the two ids of a line, false if it is anything else. After that no other line can be read.
func (p *pairs) read(text []byte) (ids [2]string, ok bool) {
	p.line.Write(text)
	p.line.WriteByte('\n')
	record, err := p.csv.Read()
	if err != nil {
		return ids, false
	}
	ids = [2]string{strings.TrimSpace(record[0]), strings.TrimSpace(record[1])}
	return ids, ids[0] != "" && ids[1] != ""
}

// eachFollow calls f for every line of a file that is a follow.
func eachFollow(path string, f func(follower, followee string) error) error {
	lines, first := newPairs(), true
	return eachText(path, maxFollowLine, func(n int, text []byte) error {
		ids, ok := lines.read(text)
		if !ok || len(text) == maxFollowLine {
			return fmt.Errorf("%s, line %d: not follower,followee: %q", path, n, text)
		}
		if first {
			first = false
			switch {
			case isHeader(ids):
				return nil
			case namesColumn(ids[0]) && namesColumn(ids[1]):
				return fmt.Errorf("%s, line %d: %q looks like a header, but is not follower,followee or follower_id,followee_id or user_a,user_b "+
					"(if these are two users, put one of those before it)", path, n, text)
			}
		}
		return f(ids[0], ids[1])
	})
}

func isHeader(ids [2]string) bool {
	return slices.ContainsFunc(headers, func(h [2]string) bool { return strings.EqualFold(h[0], ids[0]) && strings.EqualFold(h[1], ids[1]) })
}

// namesColumn reports whether a text is made of words for columns only, such as Source, from_user, followedID or node_a.
func namesColumn(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune("_-. :", r) })
	for _, w := range words {
		letter := len(words) > 1 && (w == "a" || w == "b") // alone it may be a user
		if !letter && !slices.Contains(columnWords, w) && !slices.Contains(columnWords, strings.TrimSuffix(w, "id")) {
			return false
		}
	}
	return len(words) > 0
}
