package expr_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"lakehouse/internal/errclass"
	"lakehouse/internal/expr"
	"lakehouse/internal/plan"
	"lakehouse/internal/realdata"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

// An answer is what Spark gives for a query.
type answer struct {
	Function, SQL, Schema, Error string
	Rows                         [][]*string
}

func sparkAnswers(t testing.TB) []answer {
	f, err := os.Open(realdata.Path(t, "spark-functions", "functions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	var all []answer
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var a answer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

// present are functions about the present or of chance: only their types compare.
var present = map[string]bool{
	"current_timestamp": true, "now": true, "current_date": true, "curdate": true, "localtimestamp": true, "rand": true, "randn": true,
	"random": true, "uuid": true, "unix_timestamp": true, "shuffle": true, "current_user": true, "user": true, "session_user": true,
	"version": true, "current_time": true,
}

// seeded tells the calls of the present's functions whose answer is fixed after all.
func seeded(query string) bool {
	return strings.Contains(query, "(0)") || strings.Contains(query, "(null)")
}

// gaps lists the queries that do not agree with Spark yet. One that has come to agree must leave the list.
func gaps(t testing.TB) map[string]bool {
	raw, err := os.ReadFile("testdata/gaps.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		known[strings.TrimSpace(line)] = true
	}
	return known
}

// Every query of Spark's own function documentation that this package can be asked on its own (no
// FROM, or FROM VALUES under an aggregate) gives Spark's name, type and value.
func TestAgreesWithSparkOnItsDocumentedExamples(t *testing.T) {
	known := gaps(t)
	asked, agreed := 0, 0
	var missing []string
	for _, a := range sparkAnswers(t) {
		err := compareWithSpark(a)
		if errors.Is(err, errNotAsked) {
			continue
		}
		asked++
		if err == nil {
			agreed++
		}
		query := strings.Join(strings.Fields(a.SQL), " ")
		switch {
		case err != nil && !known[query]:
			missing = append(missing, query)
			t.Errorf("%s\n\t%v", a.SQL, err)
		case err == nil && known[query]:
			t.Errorf("%s agrees now: take it out of testdata/gaps.txt", a.SQL)
		}
	}
	t.Logf("%d of %d agree", agreed, asked)
	if path := os.Getenv("GAPS"); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(missing, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var errNotAsked = errors.New("needs more than expressions")

func compareWithSpark(a answer) error {
	got, err := run(a.SQL)
	switch {
	case errors.Is(err, errNotAsked):
		return err
	case a.Error != "":
		if !errors.Is(err, errclass.Class(a.Error)) {
			return fmt.Errorf("got error %w, want %s", err, a.Error)
		}
		return nil
	case err != nil:
		return err
	}
	if schema := got.schema.String(); schema != a.Schema {
		return fmt.Errorf("schema: got  %s\n\t        want %s", schema, a.Schema)
	}
	if present[a.Function] && !seeded(a.SQL) {
		return nil
	}
	rows, _ := json.Marshal(got.rows)
	want, _ := json.Marshal(a.Rows)
	if string(rows) != string(want) {
		return fmt.Errorf("rows: got  %s\n\t      want %s", rows, want)
	}
	return nil
}

type result struct {
	schema types.Struct
	rows   [][]*string
}

func testContext() *expr.Context {
	return &expr.Context{
		ANSI: true, TimeZone: time.UTC, Now: time.Date(2026, 11, 21, 8, 31, 0, 0, time.UTC),
		Catalog: "spark_catalog", Schema: "default", User: "root",
	}
}

// run answers SELECT of expressions, or of aggregates over VALUES.
func run(query string) (out result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	statement, err := sql.Parse(query)
	if err != nil {
		return out, err
	}
	q, ok := statement.(*plan.Query)
	if !ok {
		return out, errNotAsked
	}
	input, expressions := selectList(q.Relation)
	if expressions == nil {
		return out, errNotAsked
	}
	r := resolver{ctx: &expr.BuildContext{ANSI: true, TimeZone: time.UTC}, in: expr.OneRow}
	if alias, ok := input.(*plan.SubqueryAlias); ok {
		if err := r.from(alias); err != nil {
			return out, err
		}
	} else if !oneRow(input) {
		return out, errNotAsked
	}
	ctx := testContext()
	var row []*string
	for _, e := range expressions {
		field, values, err := r.column(ctx, e)
		if err != nil {
			return out, err
		}
		out.schema.Fields = append(out.schema.Fields, field)
		row = append(row, show(values, field.Type))
	}
	out.rows = [][]*string{row}
	return out, nil
}

func selectList(rel plan.Relation) (plan.Relation, []plan.Expression) {
	switch rel := rel.(type) {
	case *plan.Project:
		return rel.Input, rel.Expressions
	case *plan.Aggregate:
		if len(rel.Grouping) == 0 && rel.Having == nil {
			return rel.Input, rel.Aggregates
		}
	}
	return nil, nil
}

// oneRow tells the input of a SELECT without FROM.
func oneRow(rel plan.Relation) bool {
	if rel == nil {
		return true
	}
	local, ok := rel.(*plan.LocalRelation)
	return ok && len(local.Schema.Fields) == 0
}

// show is a value as the answers hold it: cast to string, binary as hex.
func show(arr arrow.Array, t types.Type) *string {
	if arr.DataType().ID() == arrow.NULL || arr.IsNull(0) {
		return nil
	}
	text := expr.FormatValue(arr, 0, t, time.UTC)
	if b, ok := arr.(*array.Binary); ok {
		text = strings.ToUpper(hex.EncodeToString(b.Value(0)))
	}
	return &text
}

// column evaluates one expression of the select list for the only row.
func (r *resolver) column(ctx *expr.Context, e plan.Expression) (types.Field, arrow.Array, error) {
	name := ""
	if alias, ok := e.(*plan.Alias); ok {
		name, e = alias.Names[0], alias.Child
	}
	if call, ok := e.(*plan.UnresolvedFunction); ok {
		if kind, found := expr.Lookup(call.Name); found && kind == expr.AggregateKind {
			return r.aggregate(ctx, call)
		} else if found && kind != expr.Scalar {
			return types.Field{}, nil, errNotAsked
		}
	}
	resolved, err := r.expr(e)
	if err != nil {
		return types.Field{}, nil, err
	}
	if name == "" {
		name = resolved.String()
	}
	resolved = expr.Fold(resolved, ctx)
	v, err := resolved.Eval(ctx, r.in)
	if err != nil {
		return types.Field{}, nil, err
	}
	arr := v.Expand(int(r.in.NumRows()))
	if want := types.ToArrow(resolved.Type()); !arrow.TypeEqual(arr.DataType(), want) {
		return types.Field{}, nil, fmt.Errorf("column of %v for type %v", arr.DataType(), want)
	}
	return types.Field{Name: name, Type: resolved.Type()}, arr, nil
}

// aggregate runs an aggregate over all rows as one group, by way of a partial state.
func (r *resolver) aggregate(ctx *expr.Context, call *plan.UnresolvedFunction) (types.Field, arrow.Array, error) {
	if call.Filter != nil || len(call.OrderBy) > 0 {
		return types.Field{}, nil, errNotAsked
	}
	var args []expr.Expr
	for _, a := range call.Args {
		if _, star := a.(*plan.UnresolvedStar); star {
			args = append(args, &expr.Constant{Value: int32(1), DataType: types.Integer})
			continue
		}
		e, err := r.expr(a)
		if err != nil {
			return types.Field{}, nil, err
		}
		args = append(args, e)
	}
	agg, err := expr.BuildAggregate(r.ctx, call.Name, args, call.IsDistinct)
	if err != nil {
		return types.Field{}, nil, err
	}
	in := r.in
	if call.IsDistinct {
		in = distinct(in)
	}
	arr, err := aggregated(ctx, agg, in)
	return types.Field{Name: agg.String(), Type: agg.Type()}, arr, err
}

func aggregated(ctx *expr.Context, agg expr.Aggregate, in arrow.RecordBatch) (arrow.Array, error) {
	partial, final := agg.New(ctx), agg.New(ctx)
	partial.Grow(1)
	final.Grow(1)
	for i := range in.NumRows() { // a batch a row
		one := in.NewSlice(i, i+1)
		var values []expr.Vector
		for _, a := range agg.Args() {
			v, err := a.Eval(ctx, one)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		if err := partial.Update([]uint32{0}, values); err != nil {
			return nil, err
		}
	}
	state, err := partial.State()
	if err != nil {
		return nil, err
	}
	for i, f := range agg.Buffer().Fields {
		if want := types.ToArrow(f.Type); !arrow.TypeEqual(state[i].DataType(), want) {
			return nil, fmt.Errorf("state %s is %v, not %v", f.Name, state[i].DataType(), want)
		}
	}
	if err := final.Merge([]uint32{0}, state); err != nil {
		return nil, err
	}
	return final.Result()
}

func distinct(in arrow.RecordBatch) arrow.RecordBatch {
	seen := map[string]bool{}
	var rows []int32
	key := expr.NewKeyer(in.Column(0))
	for i := range int(in.NumRows()) {
		if k := string(key(nil, i)); !seen[k] {
			seen[k] = true
			rows = append(rows, int32(i))
		}
	}
	return array.NewRecordBatch(in.Schema(), []arrow.Array{expr.Take(in.Column(0), rows)}, int64(len(rows)))
}
