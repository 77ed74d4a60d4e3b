package delta

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"lakehouse/deltalog"
	"lakehouse/internal/types"
)

// Whatever texts a log holds as constraint, generated column, default or length of a column: rows are held to them, or refused.
func FuzzDemands(f *testing.F) {
	for _, text := range []string{"a > 0", "concat('u', a)", "1 + 2", "s.x IS NOT NULL", "forall(l, x -> x > a)", "a IN (1, 2)", "(SELECT 1)", "varchar(3)", "map<char(2),varchar(1)>", "explode(l)", "`", ""} {
		f.Add(text, text)
	}
	rows := types.Struct{Fields: []types.Field{
		{Name: "a", Type: types.Integer, Nullable: true},
		{Name: "s", Type: types.Struct{Fields: []types.Field{{Name: "x", Type: types.Integer, Nullable: true}}}, Nullable: true},
		{Name: "l", Type: types.Array{Element: types.Integer, ContainsNull: true}, Nullable: true},
	}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, types.ToArrowSchema(rows))
	for _, column := range b.Fields() {
		column.AppendNull()
	}
	in := given{rows, b.NewRecordBatch()}
	f.Fuzz(func(t *testing.T, constraint, column string) {
		schema := types.Struct{Fields: append(append([]types.Field{}, rows.Fields...),
			types.Field{Name: "g", Type: types.String, Nullable: true, Metadata: map[string]any{KeyGeneration: column, types.CharVarcharKey: column}},
			types.Field{Name: "d", Type: types.Long, Nullable: true, Metadata: map[string]any{KeyCurrentDefault: column}},
			types.Field{Name: "i", Type: types.Long, Nullable: true, Metadata: map[string]any{keyInvariants: constraint}})}
		meta := deltalog.Metadata{Configuration: map[string]string{constraintPrefix + "c": constraint}}.WithSchema(schema)
		op, err := enforced(in, meta, enforcement{Eval: sqlEval()})
		if err != nil {
			return
		}
		for _, err := range op.Execute(t.Context(), 1)[0] {
			if err != nil {
				return
			}
		}
	})
}
