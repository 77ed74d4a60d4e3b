package sql

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"lakehouse/internal/plan"
	"lakehouse/internal/types"
)

// literal prints a constant so that it reads back with the same type.
func (w *printer) literal(l *plan.Literal) {
	switch v := l.Value.(type) {
	case nil:
		w.null(l.Type)
	case bool:
		w.text(strings.ToUpper(strconv.FormatBool(v)))
	case int8:
		w.text(strconv.FormatInt(int64(v), 10), "Y")
	case int16:
		w.text(strconv.FormatInt(int64(v), 10), "S")
	case int32:
		w.int32Literal(v, l.Type)
	case int64:
		w.int64Literal(v, l.Type)
	case float32:
		w.float(float64(v), 32, l.Type, "F")
	case float64:
		w.float(v, 64, l.Type, "D")
	case string:
		w.text(types.QuoteString(v))
	case []byte:
		w.text("X'", strings.ToUpper(hex.EncodeToString(v)), "'")
	case decimal128.Num:
		w.decimal(v, l.Type)
	default:
		w.foreign(l)
	}
}

func (w *printer) null(t types.Type) {
	if t == nil || t == types.Null {
		w.text("NULL")
		return
	}
	w.text("CAST(NULL AS ", types.SQL(t), ")")
}

func (w *printer) int32Literal(v int32, t types.Type) {
	if interval, ok := t.(types.Interval); ok {
		w.text(types.FormatInterval(int64(v), interval))
		return
	}
	if t == types.Date {
		w.text("DATE '", time.Unix(int64(v)*86400, 0).UTC().Format(time.DateOnly), "'")
		return
	}
	w.text(strconv.FormatInt(int64(v), 10))
}

func (w *printer) int64Literal(v int64, t types.Type) {
	if interval, ok := t.(types.Interval); ok {
		w.text(types.FormatInterval(v, interval))
		return
	}
	const layout = "2006-01-02 15:04:05.999999"
	switch t {
	case types.Timestamp:
		w.text("TIMESTAMP '", time.UnixMicro(v).UTC().Format(layout), "Z'")
	case types.TimestampNTZ:
		w.text("TIMESTAMP_NTZ '", time.UnixMicro(v).UTC().Format(layout), "'")
	default:
		w.text(strconv.FormatInt(v, 10), "L")
	}
}

func (w *printer) float(v float64, bits int, t types.Type, suffix string) {
	text := strconv.FormatFloat(v, 'g', -1, bits)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		w.text("CAST('", text, "' AS ", types.SQL(t), ")")
		return
	}
	w.text(text, suffix)
}

// decimal prints the digits; the type must be said where they do not imply it.
func (w *printer) decimal(v decimal128.Num, t types.Type) {
	want, ok := t.(types.Decimal)
	if !ok {
		w.text(v.ToString(0), "BD")
		return
	}
	text := v.ToString(int32(want.Scale)) + "BD"
	digits := max(len(strings.TrimPrefix(v.BigInt().String(), "-")), want.Scale)
	if digits == want.Precision {
		w.text(text)
		return
	}
	w.text("CAST(", text, " AS ", types.SQL(want), ")")
}
