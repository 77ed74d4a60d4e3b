package differential

import (
	"context"
	"encoding/hex"
	"math"
	"slices"
	"strings"
	"time"

	"lakehouse/internal/types"
	"lakehouse/medallion"
)

// A taker keeps the rows of each batch of a query.
type taker struct {
	schema types.Struct
	rows   map[int64][][]any
}

func (t *taker) start(ctx context.Context, w medallion.DataStreamWriter) (*medallion.StreamingQuery, error) {
	return w.ForeachBatch(func(ctx context.Context, batch *medallion.DataFrame, id int64) error {
		rows, err := batch.Collect(ctx)
		if err != nil {
			return err
		}
		taken := make([][]any, len(rows))
		for i, r := range rows {
			taken[i] = plain(r, t.schema).([]any)
		}
		t.rows[id] = taken
		return nil
	}).Start(ctx)
}

// plain is a value as the worker of Spark writes it.
func plain(v any, as types.Type) any {
	switch v := v.(type) {
	case medallion.Row:
		fields := as.(types.Struct).Fields
		list := make([]any, len(v.Values))
		for i, e := range v.Values {
			list[i] = plain(e, fields[i].Type)
		}
		return list
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = plain(e, as.(types.Array).Element)
		}
		return list
	case medallion.Map:
		of := as.(types.Map)
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = []any{plain(e.Key, of.Key), plain(e.Value, of.Value)}
		}
		slices.SortFunc(list, func(a, b any) int { return strings.Compare(text(a), text(b)) })
		return list
	case time.Time:
		if as == types.Date {
			return v.Format("2006-01-02")
		}
		return v.Format("2006-01-02T15:04:05.000000")
	case medallion.Decimal:
		return string(v)
	case float64:
		return number(v)
	case float32:
		return number(float64(v))
	case []byte:
		return hex.EncodeToString(v)
	}
	return v
}

// number is a double as JSON has it.
func number(v float64) any {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	return v
}
