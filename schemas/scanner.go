package schemas

// scanner takes simple JSON tokens out of a text, one after the other, and the white space before them.
type scanner struct {
	data []byte
	text string // data once more: what is taken are parts of it
	at   int    // of the first byte not taken
}

// next returns the byte that comes next after white space, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// take takes c if it comes next.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// null takes the literal null if it comes next. What follows it is for the next take to judge.
func (s *scanner) null() bool {
	const null = "null"
	if s.next() != null[0] || len(s.text)-s.at < len(null) || s.text[s.at:s.at+len(null)] != null {
		return false
	}
	s.at += len(null)
	return true
}

// quoted takes a string without escapes.
func (s *scanner) quoted() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	start := s.at
	s.at = endOfPlain(s.data, start)
	if s.at == len(s.data) || s.data[s.at] != '"' {
		return "", false
	}
	s.at++
	return s.text[start : s.at-1], true
}

// endOfPlain returns where in data, from at on, a string comes to its end, or to what makes it special: an escape or a
// control character.
func endOfPlain(data []byte, at int) int {
	for ; len(data)-at >= wordSize; at += wordSize {
		w := word(data[at:])
		if special := equal(w, '"') | equal(w, '\\') | below(w, ' '); special != 0 {
			return at + first(special)
		}
	}
	for at < len(data) && data[at] != '"' && data[at] != '\\' && data[at] >= ' ' {
		at++
	}
	return at
}

// number takes a whole number that is not negative and has at most 18 digits, so that it cannot overflow. A fraction or
// an exponent stays, and no take will want it.
func (s *scanner) number() (n int64, ok bool) {
	s.next()
	const most = 18
	start := s.at
	for ; s.at < len(s.text) && isDigit(s.text[s.at]); s.at++ {
		if s.at-start == most {
			return 0, false
		}
		n = n*10 + int64(s.text[s.at]-'0')
	}
	size := s.at - start
	return n, size == 1 || size > 1 && s.text[start] != '0'
}
