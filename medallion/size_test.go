package medallion

import (
	"fmt"
	"strings"
	"testing"
)

// repeated is one n times, with sep between. %d in it is the number.
func repeated(n int, one, sep string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(one, "%d", fmt.Sprint(i))
	}
	return strings.Join(parts, sep)
}

// Four times the text is about four times the work, from the parser to the rows.
func TestWorkGrowsWithTheText(t *testing.T) {
	tests := []struct {
		name string
		text func(n int) string
	}{
		{"OR", func(n int) string { return "SELECT id FROM range(3) WHERE " + repeated(n, "id = %d", " OR ") }},
		{"AND", func(n int) string { return "SELECT id FROM range(3) WHERE " + repeated(n, "id <> %d", " AND ") }},
		{"sum", func(n int) string { return "SELECT " + repeated(n, "id", " + ") + " AS s FROM range(3)" }},
		{"IN", func(n int) string { return "SELECT id FROM range(3) WHERE id IN (" + repeated(n, "%d", ", ") + ")" }},
		{"CASE", func(n int) string {
			return "SELECT CASE " + repeated(n, "WHEN id = %d THEN 2", " ") + " END AS c FROM range(3)"
		}},
		{"UNION ALL", func(n int) string { return repeated(n, "SELECT %d AS a", " UNION ALL ") }},
		{"VALUES", func(n int) string { return "SELECT * FROM VALUES " + repeated(n, "(%d, 'x')", ", ") }},
		{"columns", func(n int) string { return "SELECT " + repeated(n, "id + %d AS c%d", ", ") + " FROM range(3)" }},
		{"columns of a subquery", func(n int) string {
			return "SELECT * FROM (SELECT " + repeated(n, "id + %d AS c%d", ", ") + " FROM range(3)) WHERE c1 > 0"
		}},
		{"aggregates", func(n int) string { return "SELECT " + repeated(n, "sum(id + %d) AS c%d", ", ") + " FROM range(3)" }},
	}
	d := newDesk(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			work := func(n int) float64 {
				text := test.text(n)
				return testing.AllocsPerRun(1, func() {
					frame, err := d.SQL(t.Context(), text)
					if err == nil {
						_, err = frame.Collect(t.Context())
					}
					if err != nil {
						t.Fatal(err)
					}
				})
			}
			if small, large := work(200), work(800); large > 6*small {
				t.Errorf("%.0f allocations for 200, %.0f for 800", small, large)
			}
		})
	}
}
