package debezium

import (
	"math"
	"strings"
	"time"
)

// What Debezium writes for the infinities of PostgreSQL. Numbers of days and of seconds beyond PostgreSQL's own years
// cannot be anything else.
const (
	farFuture = 9223372036825200000  // of the driver, in whatever unit
	farPast   = -9223372036832400000 //
)

var (
	endOfDates   = time.Date(-5877611, 6, 21, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
	startOfDates = time.Date(-5877611, 6, 22, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay
)

const secondsPerDay = 24 * 60 * 60

// dateText returns the day that lies n days after 1970-01-01.
func dateText(n int64) string {
	switch n {
	case endOfDates, math.MaxInt32:
		return `"infinity"`
	case startOfDates, math.MinInt32:
		return `"-infinity"`
	}
	return `"` + string(appendDay(nil, time.Unix(n*secondsPerDay, 0).UTC())) + `"`
}

// timeText returns the time of day that lies n units after midnight. PostgreSQL has a 24:00.
func timeText(n, perSecond int64) (string, error) {
	if n < 0 || n > secondsPerDay*perSecond {
		return "", refuse(SchemaMismatch, "%d is not within a day", n)
	}
	return `"` + string(appendTime(nil, n/perSecond, n%perSecond*(1e9/perSecond))) + `"`, nil
}

// timestampText returns the time that lies n units after the beginning of 1970.
func timestampText(n, perSecond int64) string {
	switch n {
	case farFuture, math.MaxInt64:
		return `"infinity"`
	case farPast, math.MinInt64:
		return `"-infinity"`
	}
	at := time.Unix(n/perSecond, n%perSecond*(1e9/perSecond)).UTC()
	text := append(appendDay([]byte{'"'}, at), 'T')
	ofDay := int64(at.Hour()*3600 + at.Minute()*60 + at.Second())
	return string(append(appendTime(text, ofDay, int64(at.Nanosecond())), '"'))
}

// appendDay appends a day as Java writes it: the year before 1 is 0000, before it is -0001, after 9999 comes +10000.
func appendDay(b []byte, at time.Time) []byte {
	year, month, day := at.Date()
	switch {
	case year < 0:
		b, year = append(b, '-'), -year
	case year > 9999:
		b = append(b, '+')
	}
	b = appendDigits(b, int64(year), 4)
	b = appendDigits(append(b, '-'), int64(month), 2)
	return appendDigits(append(b, '-'), int64(day), 2)
}

// appendTime appends a time of day, with microseconds, and with nanoseconds if there are some.
func appendTime(b []byte, seconds, nanos int64) []byte {
	b = appendDigits(b, seconds/3600, 2)
	b = appendDigits(append(b, ':'), seconds/60%60, 2)
	b = appendDigits(append(b, ':'), seconds%60, 2)
	if nanos%1000 != 0 {
		return appendDigits(append(b, '.'), nanos, 9)
	}
	return appendDigits(append(b, '.'), nanos/1000, 6)
}

// appendDigits appends n, which is not negative, with at least width digits.
func appendDigits(b []byte, n int64, width int) []byte {
	var digits [20]byte
	at := len(digits)
	for ; n > 0 || width > 0; width-- {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
	}
	return append(b, digits[at:]...)
}

// zonedText fills the seconds of a time in UTC up to microseconds, for Debezium writes as many places as the column has.
// Anything else is as it was written.
func zonedText(value string) string {
	rest, utc := strings.CutSuffix(value, "Z")
	colon := strings.LastIndexByte(rest, ':')
	if !utc || colon < 0 {
		return value
	}
	seconds, fraction, _ := strings.Cut(rest[colon+1:], ".")
	const places = 6
	if len(seconds) != 2 || len(fraction) >= places {
		return value
	}
	return rest[:colon+1] + seconds + "." + fraction + strings.Repeat("0", places-len(fraction)) + "Z"
}
