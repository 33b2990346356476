package schemas

import "time"

// parseTime reads an RFC 3339 time, Unix ms; what is finer than a millisecond is cut off.
func parseTime(s string) (ms int64, ok bool) {
	if ms, ok := scanTime(s); ok {
		return ms, true
	}
	var at time.Time
	if err := at.UnmarshalText([]byte(s)); err != nil {
		return 0, false
	}
	return at.UnixMilli(), true
}

// scanTime reads the usual form, 2006-01-02T15:04:05, a fraction or none, Z or ±07:00. False says that the standard
// library has to look at it, not that it is no time.
func scanTime(s string) (ms int64, ok bool) {
	const seconds = len("2006-01-02T15:04:05")
	if len(s) <= seconds || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	century, month, day := digits(s[0:2]), digits(s[5:7]), digits(s[8:10])
	year, hour, minute, second := digits(s[2:4]), digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if min(century, year, month, day, hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	at := time.Date(century*100+year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if at.Month() != time.Month(month) || at.Day() != day { // there is no such day
		return 0, false
	}
	fraction, zone := cutFraction(s[seconds:])
	offset, ok := scanZone(zone)
	return at.UnixMilli() + fraction - offset, ok
}

// cutFraction reads a fraction of a second, ms, and returns what follows it. One without digits it leaves there.
func cutFraction(s string) (ms int64, rest string) {
	if len(s) < 2 || s[0] != '.' || !isDigit(s[1]) {
		return 0, s
	}
	i := 1
	for worth := int64(100); i < len(s) && isDigit(s[i]); i++ {
		ms += int64(s[i]-'0') * worth
		worth /= 10
	}
	return ms, s[i:]
}

// scanZone reads Z or ±07:00, ms east of UTC.
func scanZone(s string) (ms int64, ok bool) {
	if s == "Z" {
		return 0, true
	}
	if len(s) != len("+07:00") || s[0] != '+' && s[0] != '-' || s[3] != ':' {
		return 0, false
	}
	hours, minutes := digits(s[1:3]), digits(s[4:6])
	if min(hours, minutes) < 0 || hours > 23 || minutes > 59 {
		return 0, false
	}
	ms = int64(hours*60+minutes) * time.Minute.Milliseconds()
	if s[0] == '-' {
		ms = -ms
	}
	return ms, true
}

// digits returns the number of two digits, -1 if they are none.
func digits(s string) int {
	if !isDigit(s[0]) || !isDigit(s[1]) {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
