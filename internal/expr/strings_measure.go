package expr

import (
	"strings"
	"unicode/utf8"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

func findInSet(s, set string) int32 {
	if strings.Contains(s, ",") {
		return 0
	}
	for i, part := range strings.Split(set, ",") {
		if part == s {
			return int32(i) + 1
		}
	}
	return 0
}

func buildLevenshtein(b *builder) (Expr, error) {
	if err := b.coerceTo(aString, aString, anInt); err != nil {
		return nil, err
	}
	b.fn.safe = true
	if len(b.args) == 2 {
		return b.make(types.Integer, map2(types.Integer, func(x, y string) int32 { return levenshtein([]rune(x), []rune(y)) })), nil
	}
	return b.make(types.Integer, map3(types.Integer, func(x, y string, limit int32) int32 {
		if d := levenshtein([]rune(x), []rune(y)); d <= limit {
			return d
		}
		return -1
	})), nil
}

func levenshtein(a, b []rune) int32 {
	row := make([]int32, len(b)+1)
	for j := range row {
		row[j] = int32(j)
	}
	for i := range a {
		diagonal := row[0]
		row[0] = int32(i) + 1
		for j := range b {
			above := row[j+1]
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, above, row[j])
			}
			row[j+1], diagonal = cost, above
		}
	}
	return row[len(b)]
}

// soundex codes how an English word sounds; what does not begin with a letter stays as it is.
func soundex(s string) string {
	const codes = "01230127022455012623017202"
	if s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return s
	}
	out := []byte{s[0] &^ 0x20, '0', '0', '0'}
	last := codes[s[0]&^0x20-'A']
	n := 1
	for i := 1; i < len(s) && n < 4; i++ {
		c := s[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			last = '0'
			continue
		}
		code := codes[c-'A']
		if code == '7' { // H and W do not part equal codes
			continue
		}
		if code != '0' && code != last {
			out[n] = code
			n++
		}
		last = code
	}
	return string(out)
}

// luhn checks the sum of digits by which card numbers are made.
func luhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i]) - '0'
		if d < 0 || d > 9 {
			return false
		}
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return s != "" && sum%10 == 0
}

func validateUTF8(strict bool) kernel {
	return try1(types.String, func(_ *Context, s string) (string, bool, error) {
		if utf8.ValidString(s) {
			return s, true, nil
		}
		if strict {
			return "", false, errclass.InvalidUTF8.New("Invalid UTF8 byte sequence found in string: %x.", s)
		}
		return "", false, nil
	})
}
