package datetime

import "strings"

// A Scanner reads the parts of a date or time.
type Scanner struct {
	Text string
	At   int
}

// Digits reads between low and high digits as a number.
func (t *Scanner) Digits(low, high int) (int64, bool) {
	start := t.At
	var v int64
	for t.At < len(t.Text) && t.Text[t.At] >= '0' && t.Text[t.At] <= '9' {
		if t.At-start == high {
			return 0, false
		}
		v = v*10 + int64(t.Text[t.At]-'0')
		t.At++
	}
	return v, t.At-start >= low
}

// Accept passes over a character if it comes next.
func (t *Scanner) Accept(c byte) bool {
	if t.At < len(t.Text) && t.Text[t.At] == c {
		t.At++
		return true
	}
	return false
}

// Done tells that all was read.
func (t *Scanner) Done() bool { return t.At == len(t.Text) }

// date reads [+-]yyyy[-[m]m[-[d]d]]; whole tells whether the day was there.
func (t *Scanner) date(maxYearDigits int) (day int64, whole, ok bool) {
	if s := t.Text; t.At == 0 && (len(s) == 10 || len(s) > 10 && (s[10] == 'T' || s[10] == ' ')) && s[4] == '-' && s[7] == '-' {
		high, low := twoDigits(s, 0), twoDigits(s, 2) // yyyy-MM-dd, as nearly all are written
		month, dom := twoDigits(s, 5), twoDigits(s, 8)
		if high|low|month|dom >= 0 {
			t.At = 10
			return validDay(int64(high*100+low), month, dom)
		}
	}
	negative := t.Accept('-')
	if !negative {
		t.Accept('+')
	}
	year, ok := t.Digits(4, maxYearDigits)
	if !ok {
		return 0, false, false
	}
	if negative {
		year = -year
	}
	month, dom := int64(1), int64(1)
	if t.Accept('-') {
		if month, ok = t.Digits(1, 2); !ok {
			return 0, false, false
		}
		if t.Accept('-') {
			if dom, ok = t.Digits(1, 2); !ok {
				return 0, false, false
			}
			whole = true
		}
	}
	day, _, ok = validDay(year, int(month), int(dom))
	return day, whole && ok, ok
}

func validDay(year int64, month, dom int) (day int64, whole, ok bool) {
	if month < 1 || month > 12 || dom < 1 || dom > DaysInMonth(year, month) {
		return 0, false, false
	}
	return DayNumber(year, month, dom), true, true
}

// twoDigits is a number of two digits; negative where there are none.
func twoDigits(s string, at int) int {
	a, b := s[at]-'0', s[at+1]-'0'
	if a > 9 || b > 9 {
		return -1
	}
	return int(a)*10 + int(b)
}

// clock reads [h]h:[m]m[:[s]s[.fraction]] as microseconds; to the second or finer when whole.
func (t *Scanner) clock() (micros int64, whole, ok bool) {
	if s := t.Text[t.At:]; len(s) >= 8 && s[2] == ':' && s[5] == ':' && (len(s) == 8 || s[8] < '0' || s[8] > '9') {
		hour, minute, second := twoDigits(s, 0), twoDigits(s, 3), twoDigits(s, 6) // HH:mm:ss, as nearly all are written
		if hour|minute|second >= 0 {
			t.At += 8
			micros = int64(hour)*MicrosPerHour + int64(minute)*MicrosPerMinute + int64(second)*MicrosPerSecond
			if t.Accept('.') {
				micros += t.Fraction()
			}
			return micros, true, hour <= 23 && minute <= 59 && second <= 59
		}
	}
	hour, ok := t.Digits(1, 2)
	if !ok || hour > 23 || !t.Accept(':') {
		// Spark reads a bare hour as well.
		return hour * MicrosPerHour, false, ok && hour <= 23 && t.Done()
	}
	minute, ok := t.Digits(1, 2)
	if !ok || minute > 59 {
		return 0, false, false
	}
	micros = hour*MicrosPerHour + minute*MicrosPerMinute
	if !t.Accept(':') {
		return micros, false, t.Done()
	}
	second, ok := t.Digits(1, 2)
	if !ok || second > 59 {
		return 0, false, false
	}
	micros += second * MicrosPerSecond
	if t.Accept('.') {
		micros += t.Fraction()
	}
	return micros, true, true
}

// Fraction reads digits behind the point, of which six count.
func (t *Scanner) Fraction() int64 {
	var v int64
	n := 0
	for t.At < len(t.Text) && t.Text[t.At] >= '0' && t.Text[t.At] <= '9' {
		if n < 6 {
			v = v*10 + int64(t.Text[t.At]-'0')
			n++
		}
		t.At++
	}
	for ; n < 6; n++ {
		v *= 10
	}
	return v
}

// ParseDateText reads a date as Spark casts one: yyyy, yyyy-[m]m, yyyy-[m]m-[d]d, the last also followed
// by a space or T and anything.
func ParseDateText(s string) (day int64, ok bool) {
	t := Scanner{Text: trim(s)}
	day, whole, ok := t.date(7)
	if !ok || t.Done() {
		return day, ok && day >= minDay && day <= maxDay
	}
	return day, whole && (t.Text[t.At] == ' ' || t.Text[t.At] == 'T')
}

// Days that fit Spark's 32 bits.
const (
	minDay = -1 << 31
	maxDay = 1<<31 - 1
)

// ParseWallClock reads a timestamp without applying its zone, whose text is handed out. dated is
// false for a bare time of day.
func ParseWallClock(s string) (local int64, zoneName string, dated, ok bool) {
	t := Scanner{Text: trim(s)}
	if day, whole, ok := t.date(6); ok {
		if day*MicrosPerDay/MicrosPerDay != day {
			return 0, "", true, false
		}
		local = day * MicrosPerDay
		if t.Done() {
			return local, "", true, true
		}
		if !whole || !t.Accept(' ') && !t.Accept('T') {
			return 0, "", true, false
		}
		dated = true
	} else {
		t.At = 0
		t.Accept('T')
		if strings.IndexByte(t.Text, ':') < 0 {
			return 0, "", false, false
		}
	}
	micros, whole, ok := t.clock()
	if !ok {
		return 0, "", dated, false
	}
	sum := local + micros
	if sum < local || !whole && !t.Done() {
		return 0, "", dated, false
	}
	return sum, strings.TrimSpace(t.Text[t.At:]), dated, true
}
