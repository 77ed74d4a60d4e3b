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
	mode   string
	schema types.Struct
	rows   map[int64][][]any
}

func (t *taker) start(ctx context.Context, s *medallion.Session, progress chan medallion.StreamingQueryProgress, w medallion.DataStreamWriter) (*medallion.StreamingQuery, error) {
	query, err := w.Format("memory").QueryName("taken").Start(ctx)
	if err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		_, _ = query.AwaitTermination(ctx)
		close(ended)
	}()
	seen := 0
	for {
		select {
		case p := <-progress:
			rows, err := s.Table("taken").Collect(ctx)
			if err != nil {
				return nil, err
			}
			if p.DurationMs["walCommit"] >= 0 {
				if _, ran := p.DurationMs["addBatch"]; ran {
					t.rows[p.BatchID] = [][]any{}
					for _, r := range rows[min(seen, len(rows)):] {
						t.rows[p.BatchID] = append(t.rows[p.BatchID], plain(r, t.schema).([]any))
					}
				}
			}
			if !strings.EqualFold(t.mode, "complete") {
				seen = len(rows)
			}
			<-progress
		case <-ended:
			return query, nil
		}
	}
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
