package kafka

import (
	"math"
	"strconv"
	"strings"
)

// doubleText is a number as Java prints it: "0.0", "1234.5", "1.0E7".
func doubleText(d float64) string {
	if a := math.Abs(d); a != 0 && (a < 1e-3 || a >= 1e7) {
		digits, exponent, _ := strings.Cut(strconv.FormatFloat(d, 'E', -1, 64), "E")
		n, err := strconv.Atoi(exponent)
		if err != nil { // not a number, or infinite
			return digits
		}
		return withPoint(digits) + "E" + strconv.Itoa(n)
	}
	return withPoint(strconv.FormatFloat(d, 'f', -1, 64))
}

func withPoint(digits string) string {
	if strings.Contains(digits, ".") {
		return digits
	}
	return digits + ".0"
}
