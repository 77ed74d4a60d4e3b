package xsd

import (
	"cmp"
	"encoding/base64"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// A kind is a primitive type, or one of those made of it that have a form of their own.
type kind uint8

const (
	kindAny kind = iota // any text
	kindBoolean
	kindDecimal
	kindInteger
	kindFloat
	kindDouble
	kindDuration
	kindDateTime
	kindTime
	kindDate
	kindMonthOfYear // gYearMonth
	kindYear
	kindMonthDay
	kindDay
	kindMonth
	kindHex
	kindBase64
	kindQName
	kindLanguage
	kindName
	kindNCName
	kindNMToken
	kindID
	kindIDRef
)

var anySimple = func() *simple {
	s := newSimple(nil)
	s.space = preserve
	return s
}()

// A built is a type of the standard.
type built struct {
	kind      kind
	low, high string
	list      bool
}

var builtins = map[string]built{
	"boolean": {kind: kindBoolean}, "decimal": {kind: kindDecimal}, "integer": {kind: kindInteger},
	"nonPositiveInteger": {kind: kindInteger, high: "0"}, "negativeInteger": {kind: kindInteger, high: "-1"},
	"nonNegativeInteger": {kind: kindInteger, low: "0"}, "positiveInteger": {kind: kindInteger, low: "1"},
	"long":         {kind: kindInteger, low: "-9223372036854775808", high: "9223372036854775807"},
	"int":          {kind: kindInteger, low: "-2147483648", high: "2147483647"},
	"short":        {kind: kindInteger, low: "-32768", high: "32767"},
	"byte":         {kind: kindInteger, low: "-128", high: "127"},
	"unsignedLong": {kind: kindInteger, low: "0", high: "18446744073709551615"}, "unsignedInt": {kind: kindInteger, low: "0", high: "4294967295"},
	"unsignedShort": {kind: kindInteger, low: "0", high: "65535"}, "unsignedByte": {kind: kindInteger, low: "0", high: "255"},
	"float": {kind: kindFloat}, "double": {kind: kindDouble}, "duration": {kind: kindDuration}, "dateTime": {kind: kindDateTime},
	"time": {kind: kindTime}, "date": {kind: kindDate}, "gYearMonth": {kind: kindMonthOfYear}, "gYear": {kind: kindYear},
	"gMonthDay": {kind: kindMonthDay}, "gDay": {kind: kindDay}, "gMonth": {kind: kindMonth}, "hexBinary": {kind: kindHex},
	"base64Binary": {kind: kindBase64}, "anyURI": {kind: kindAny}, "QName": {kind: kindQName}, "token": {kind: kindAny},
	"language": {kind: kindLanguage}, "Name": {kind: kindName}, "NCName": {kind: kindNCName}, "NMTOKEN": {kind: kindNMToken},
	"NMTOKENS": {kind: kindNMToken, list: true}, "ID": {kind: kindID}, "IDREF": {kind: kindIDRef}, "IDREFS": {kind: kindIDRef, list: true},
}

func builtin(name string) (*simple, bool) {
	s := newSimple(nil)
	switch name {
	case "anySimpleType":
		return anySimple, true
	case "string":
		s.space = preserve
		return s, true
	case "normalizedString":
		s.space = replace
		return s, true
	}
	b, ok := builtins[name]
	if !ok {
		return nil, false
	}
	s.kind, s.space = b.kind, collapse
	if b.low != "" {
		s.low = &bound{value: b.low}
	}
	if b.high != "" {
		s.high = &bound{value: b.high}
	}
	if b.list {
		list := newSimple(nil)
		list.item, list.space, list.least = s, collapse, 1
		return list, true
	}
	return s, true
}

func (k kind) ordered() bool { return k >= kindDecimal && k <= kindMonth && k != kindDuration }

// valid tells whether a text, its blanks collapsed, is a value.
func (k kind) valid(text string) bool {
	switch k {
	case kindAny:
		return true
	case kindBoolean:
		return text == "true" || text == "false" || text == "1" || text == "0"
	case kindDecimal:
		return isDecimal(text, true)
	case kindInteger:
		return isDecimal(text, false)
	case kindFloat, kindDouble:
		_, ok := k.float(text)
		return ok
	case kindDuration:
		return isDuration(text)
	case kindHex:
		return len(text)%2 == 0 && strings.Trim(text, "0123456789abcdefABCDEF") == ""
	case kindBase64:
		_, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, " ", ""))
		return err == nil
	case kindLanguage:
		return isLanguage(text)
	case kindName:
		return isName(text, true, true)
	case kindNCName, kindID, kindIDRef:
		return isName(text, true, false)
	case kindNMToken:
		return isName(text, false, true)
	case kindQName:
		prefix, local, found := strings.Cut(text, ":")
		return isName(prefix, true, false) && (!found || isName(local, true, false))
	default:
		_, ok := k.moment(text)
		return ok
	}
}

// compare orders two values; it is not ok where they have no order.
func (k kind) compare(a, b string) (order int, ok bool) {
	switch k {
	case kindDecimal, kindInteger:
		return compareDecimals(a, b), true
	case kindFloat, kindDouble:
		x, okA := k.float(a)
		y, okB := k.float(b)
		return cmp.Compare(x, y), okA && okB && (x == y || !math.IsNaN(x) && !math.IsNaN(y) || math.IsNaN(x) && math.IsNaN(y))
	default:
		x, okA := k.moment(a)
		y, okB := k.moment(b)
		return x.compare(y), okA && okB
	}
}

func (k kind) float(text string) (float64, bool) {
	switch text {
	case "INF":
		return math.Inf(1), true
	case "-INF":
		return math.Inf(-1), true
	case "NaN":
		return math.NaN(), true
	}
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	bits := 64
	if k == kindFloat {
		bits = 32
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, err == nil || math.IsInf(f, 0)
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func isDecimal(text string, withFraction bool) bool {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		text = text[1:]
	}
	whole, part, found := strings.Cut(text, ".")
	if !found || !withFraction {
		return isDigits(text)
	}
	return (whole != "" || part != "") && (whole == "" || isDigits(whole)) && (part == "" || isDigits(part))
}

// parts of a decimal: without zeros that say nothing.
func decimalParts(text string) (negative bool, whole, part string) {
	if text != "" && (text[0] == '+' || text[0] == '-') {
		negative, text = text[0] == '-', text[1:]
	}
	whole, part, _ = strings.Cut(text, ".")
	whole, part = strings.TrimLeft(whole, "0"), strings.TrimRight(part, "0")
	return negative && whole+part != "", whole, part
}

func decimalDigits(text string) (whole, part int) {
	_, w, p := decimalParts(text)
	return len(w), len(p)
}

func compareDecimals(a, b string) int {
	negativeA, wholeA, partA := decimalParts(a)
	negativeB, wholeB, partB := decimalParts(b)
	if negativeA != negativeB {
		if negativeA {
			return -1
		}
		return 1
	}
	order := cmp.Or(cmp.Compare(len(wholeA), len(wholeB)), strings.Compare(wholeA, wholeB), strings.Compare(partA, partB))
	if negativeA {
		return -order
	}
	return order
}

func isName(text string, strict, colons bool) bool {
	for i, r := range text {
		switch {
		case r == ':' && !colons:
			return false
		case unicode.IsLetter(r) || r == '_' || r == ':':
		case (i > 0 || !strict) && (unicode.IsDigit(r) || unicode.IsMark(r) || r == '-' || r == '.' || r == '·'):
		default:
			return false
		}
	}
	return text != ""
}

func isLanguage(text string) bool {
	for i, part := range strings.Split(text, "-") {
		for _, r := range part {
			if r > unicode.MaxASCII || !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
				return false
			}
		}
		if part == "" || len(part) > 8 {
			return false
		}
	}
	return true
}
