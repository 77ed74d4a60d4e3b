package exec_test

import (
	"context"
	"strings"
	"testing"

	"lakehouse/internal/logical"
	"lakehouse/internal/plan"
	"lakehouse/internal/sql"
	"lakehouse/internal/types"
)

func relation(t *testing.T, text string) plan.Relation {
	t.Helper()
	rel, err := sql.ParseRelation(text)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

func name(parts ...string) *plan.UnresolvedAttribute { return &plan.UnresolvedAttribute{Parts: parts} }

func text(expression string) plan.Expression { return &plan.ExpressionString{Text: expression} }

func as(e plan.Expression, name string) *plan.Alias {
	return &plan.Alias{Child: e, Names: []string{name}}
}

// The relations that only the DataFrame API makes give the columns and rows that Spark gives.
func TestFrameRelations(t *testing.T) {
	people := relation(t, "SELECT * FROM VALUES (1, 'Ann', 2.5D), (2, NULL, CAST('NaN' AS DOUBLE)), (3, 'Cid', NULL) t(Id, name, score)")
	for _, c := range []struct {
		name string
		rel  plan.Relation
		want string
	}{
		{
			"withColumn replaces by name, appends what is new, and sees the columns as they were",
			&plan.WithColumns{Input: people, Aliases: []*plan.Alias{as(text("Id + 1"), "ID"), as(text("Id * 10"), "ten")}},
			"ID int not null, name string, score double, ten int not null|2 Ann 2.5 10|3 NULL NaN 20|4 Cid NULL 30",
		},
		{
			"drop ignores names that are not there",
			&plan.Drop{Input: people, Columns: []plan.Expression{name("NAME"), name("nothing")}},
			"Id int not null, score double|1 2.5|2 NaN|3 NULL",
		},
		{
			"withColumnRenamed ignores names that are not there",
			&plan.WithColumnsRenamed{Input: people, Renames: [][2]string{{"id", "key"}, {"nothing", "x"}}},
			"key int not null, name string, score double|1 Ann 2.5|2 NULL NaN|3 Cid NULL",
		},
		{
			"toDF renames all",
			&plan.ToDF{Input: people, Names: []string{"a", "b", "c"}},
			"a int not null, b string, c double|1 Ann 2.5|2 NULL NaN|3 Cid NULL",
		},
		{"na.drop takes NaN for null", &plan.DropNA{Input: people}, "Id int not null, name string, score double|1 Ann 2.5"},
		{
			"na.drop with a threshold",
			&plan.DropNA{Input: people, MinNonNulls: 2},
			"Id int not null, name string, score double|1 Ann 2.5|3 Cid NULL",
		},
		{
			"na.fill fills the columns of the value's kind",
			&plan.FillNA{Input: people, Values: []plan.Expression{&plan.Literal{Value: int32(0), Type: types.Integer}}},
			"Id int not null, name string, score double not null|1 Ann 2.5|2 NULL 0.0|3 Cid 0.0",
		},
		{
			"select with a cast keeps the column's name",
			&plan.Project{Input: people, Expressions: []plan.Expression{&plan.Cast{Child: name("Id"), To: types.Double}, name("NAME")}},
			"Id double not null, NAME string|1.0 Ann|2.0 NULL|3.0 Cid",
		},
		{
			"groupBy puts the keys first",
			&plan.Aggregate{Input: people, Grouping: []plan.Expression{text("Id > 1")}, KeysFirst: true, Aggregates: []plan.Expression{as(text("count(1)"), "count")}},
			"(Id > 1) boolean not null, count bigint not null|false 1|true 2",
		},
		{
			"dropDuplicates by columns keeps the first row",
			&plan.Deduplicate{Input: relation(t, "SELECT * FROM VALUES (1, 'a'), (1, 'b'), (2, 'c') t(k, v)"), Columns: []string{"K"}},
			"k int not null, v string not null|1 a|2 c",
		},
		{
			"filter by a column that select has left out",
			&plan.Filter{Input: &plan.Project{Input: people, Expressions: []plan.Expression{name("name")}}, Condition: text("Id = 3")},
			"name string|Cid",
		},
		{
			"unionByName puts columns in order, and null where one is missing",
			&plan.SetOp{
				Left: relation(t, "SELECT 1 AS a, 'x' AS b"), Right: relation(t, "SELECT 'y' AS b, 2.5D AS c"), Type: plan.Union, All: true,
				ByName: true, AllowMissing: true,
			},
			"a int, b string not null, c double|1 x NULL|NULL y 2.5",
		},
		{
			"explode beside columns, its fields taken, the struct dropped",
			&plan.Drop{
				Input: &plan.WithColumns{
					Input: &plan.Project{
						Input:       relation(t, "SELECT 7 AS n, array(named_struct('Code', 'a', 'Qty', 2), named_struct('Code', 'b', 'Qty', 3)) AS Items"),
						Expressions: []plan.Expression{name("n"), text("explode(Items) AS LineItem")},
					},
					Aliases: []*plan.Alias{as(text("LineItem.Code"), "Code"), as(text("LineItem.Qty"), "Qty")},
				},
				Columns: []plan.Expression{name("LineItem")},
			},
			"n int not null, Code string not null, Qty int not null|7 a 2|7 b 3",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			node, err := logical.Resolve(t.Context(), c.rel, logical.Env{Catalog: tables{}, Eval: evalContext()})
			if err != nil {
				t.Fatal(err)
			}
			schema, rows, err := runNode(context.Background(), node, 1)
			if err != nil {
				t.Fatal(err)
			}
			lines := append([]string{columnsOf(schema)}, linesOf(texts(schema, rows))...)
			if got := strings.ReplaceAll(strings.Join(lines, "|"), "\t", " "); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
