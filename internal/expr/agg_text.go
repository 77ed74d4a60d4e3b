package expr

import (
	"github.com/apache/arrow-go/v18/arrow"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

var textAggregates = map[string]aggregateFunction{
	"listagg": {1, 2, buildListAgg}, "string_agg": {1, 2, buildListAgg},
}

// buildListAgg is listagg(text[, separator]): the texts of a group behind each other.
func buildListAgg(b *builder) (*aggregate, error) {
	if len(b.args) == 1 {
		b.args = append(b.args, &Constant{DataType: types.Null})
	}
	v, ok := buildValue(b.args[1], b.ctx)
	if !ok {
		return nil, b.mismatch(errclass.DatatypeMismatchNonFoldable, "the input `delimiter` should be a foldable \"STRING\" expression; however, got \"%s\".", b.args[1].String())
	}
	separator, _ := v.(string)
	if raw, isBytes := v.([]byte); isBytes {
		separator = string(raw)
	}
	shown := append([]Expr(nil), b.args...)
	b.args = b.args[:1]
	if err := b.coerceTo(aText); err != nil {
		return nil, err
	}
	t := types.Array{Element: b.args[0].Type()}
	finish := func(all arrow.Array, lists list) (arrow.Array, error) {
		values := textsOf(Vector{Values: all})
		out := newTextBuilder(lists.Len())
		for i := range lists.Len() {
			start, end := lists.ValueOffsets(i)
			for e := start; e < end; e++ {
				if e > start {
					out.data = append(out.data, separator...)
				}
				out.data = append(out.data, values.at(int(e))...)
			}
			out.end(end > start)
		}
		return out.array(t.Element), nil
	}
	return &aggregate{
		args: b.args, shown: shown, result: t.Element, nullable: true, buffer: structOf(field("buf", t, false)),
		start: func(*Context) Accumulator {
			return &gathered{collectState: collectState{t: t}, result: t.Element, finish: finish}
		},
	}, nil
}
