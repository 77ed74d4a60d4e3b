package medallion

import (
	"errors"
	"strings"
	"testing"

	"lakehouse/internal/errclass"
	"lakehouse/internal/types"
)

// The four ways to begin a table treat one that is there as SQL's statements do.
func TestDeltaTableBuilder(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	column := TableColumn{Name: "id", Type: "BIGINT"}
	want := func(err error, class errclass.Class) {
		t.Helper()
		if class == "" && err != nil || class != "" && !errors.Is(err, class) {
			t.Errorf("got %v, want %q", err, class)
		}
	}
	_, err := d.ReplaceDeltaTable().TableName("t").AddColumn(column).Execute(ctx)
	want(err, errclass.DeltaCannotReplaceMissing)
	_, err = d.CreateDeltaTable().TableName("t").AddColumn(column).Execute(ctx)
	want(err, "")
	_, err = d.CreateDeltaTable().TableName("t").AddColumn(column).Execute(ctx)
	want(err, errclass.TableAlreadyExists)
	d.frame("INSERT INTO t VALUES (1)")
	_, err = d.CreateDeltaTableIfNotExists().TableName("t").AddColumn(TableColumn{Name: "x", Type: "INT"}).Execute(ctx)
	want(err, "")
	d.want("as it was", d.rows("SELECT id FROM t"), "1")
	half := d.ReplaceDeltaTable().TableName("t").AddColumns(types.Struct{Fields: []types.Field{{Name: "a", Type: types.String, Nullable: true}}})
	_, err = half.AddColumn(TableColumn{Name: "n", Type: "INT", Default: "7"}).Property("delta.feature.allowColumnDefaults", "supported").ClusterBy("a").Execute(ctx)
	want(err, "")
	d.frame("INSERT INTO t (a) VALUES ('x')")
	d.want("replaced", d.rows("SELECT * FROM t"), "x 7")
	if history := d.rows("DESCRIBE HISTORY t"); !strings.Contains(history, " REPLACE TABLE") || strings.Contains(history, "CREATE OR REPLACE") {
		t.Errorf("history %s", history)
	}
	_, err = d.CreateOrReplaceDeltaTable().TableName("u").AddColumns(types.Struct{Fields: []types.Field{{Name: "a", Type: types.String, Nullable: true}}}).Execute(ctx)
	want(err, "")

	byPath, err := d.CreateDeltaTable().Location("/Volumes/dev/a/b").AddColumn(column).Execute(ctx)
	want(err, "")
	if err == nil {
		schema, err := byPath.ToDF().Schema(ctx)
		want(err, "")
		d.want("by path", schema.String(), "struct<id:bigint>")
	}
	for _, wrong := range []struct {
		builder DeltaTableBuilder
		class   errclass.Class
	}{
		{d.CreateDeltaTable().AddColumn(column), errclass.DeltaCreateMissingName},
		{d.CreateDeltaTable().TableName("v").AddColumn(TableColumn{Name: "id", Type: "BIGNIT"}), errclass.UnsupportedDatatype},
		{d.CreateDeltaTable().TableName("v").AddColumn(TableColumn{Name: "id", Type: "INT", GeneratedAlwaysAs: "1 +"}), errclass.ParseSyntaxError},
		{d.CreateDeltaTable().TableName("v").AddColumn(TableColumn{Name: "id", Type: "BIGINT", Identity: &Identity{}}), errclass.DeltaIdentityStep},
		{d.CreateDeltaTable().TableName("v").AddColumn(TableColumn{Name: "id", Type: "INT", Default: "1", GeneratedAlwaysAs: "2"}), errclass.InvalidSyntax},
	} {
		_, err := wrong.builder.Execute(ctx)
		want(err, wrong.class)
	}
}
