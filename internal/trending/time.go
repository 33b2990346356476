package trending

import "time"

// FormatTime writes Unix ms as RFC 3339 in UTC with milliseconds.
func FormatTime(ms int64) string { return string(AppendTime(nil, ms)) }

const (
	dayMS  = 24 * 3_600_000
	lastMS = 253_402_300_799_999 // of the year 9999
)

// AppendTime appends what FormatTime returns. A page has some forty times, and package time takes five times as long.
func AppendTime(b []byte, ms int64) []byte {
	if ms < 0 || ms > lastMS {
		return time.UnixMilli(ms).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	}
	year, month, day := civil(ms / dayMS)
	ms %= dayMS
	b = append(appendTwo(appendTwo(b, year/100), year%100), '-')
	b = append(appendTwo(b, month), '-')
	b = append(appendTwo(b, day), 'T')
	b = append(appendTwo(b, ms/3_600_000), ':')
	b = append(appendTwo(b, ms/60_000%60), ':')
	b = append(appendTwo(b, ms/1_000%60), '.')
	ms %= 1_000
	return append(appendTwo(append(b, byte('0'+ms/100)), ms%100), 'Z')
}

func appendTwo(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }

// civil returns the date of a day from 1970 on: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. Years
// begin in March there, so that the day that some have comes last.
func civil(days int64) (year, month, day int64) {
	days += 719_468 // from 1 March of the year 0
	era := days / 146_097
	inEra := days % 146_097
	ofEra := (inEra - inEra/1_460 + inEra/36_524 - inEra/146_096) / 365
	inYear := inEra - (365*ofEra + ofEra/4 - ofEra/100)
	shifted := (5*inYear + 2) / 153
	year, month, day = era*400+ofEra, shifted+3, inYear-(153*shifted+2)/5+1
	if month > 12 {
		year, month = year+1, month-12
	}
	return year, month, day
}
